"""Two small lessons of the tests' own, in a folder of theirs."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FIRST", "SECOND", "write_lessons"]

FIRST = '''\
# %% [markdown] lesson="01" minutes=10 builds_on=[]
# # 01 · Sums & <signs>
#
# **You will be able to** add.

# %% setup
import numpy as np

from tinygen.teach import begin, picture, predict, reveal

rng = begin("01")
runs = []

# %% [markdown]
# ## A belief
# That `+` is *hard*: Σᵢ xᵢ

# %%
predict("01.p1", "What is 1 + 1?", ["one", "two", "three"])

# %%
runs.append("sum")
print("the sum is", 1 + 1)
assert 1 + 1 == 2, "one and one make two"
reveal("01.p1", "b", "count your fingers")

# %% Add two numbers exercise="01.1" difficulty=2 minutes=3 lines=1
def add(a, b):
    """The sum of two arrays."""
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION

# %% [markdown] hints="01.1"
# 1. What does + do?
# 2. It adds
#    elementwise.
# 3. Return the sum.

# %% A picture
runs.append("picture")
from matplotlib.figure import Figure

figure = Figure((3, 2))
figure.add_subplot().plot([0, add(1, 1)])
picture(figure, "line", "a line <upwards>")
print("ran", *runs)

# %% [markdown]
# ## What changed in your head
# - Nothing.

# %% [markdown] teacher="01"
# **Discuss.** Is addition hard?
'''

SECOND = '''\
# %% [markdown] lesson="02" minutes=20 builds_on=["01"]
# # 02 · Products

# %% setup
from tinygen.teach import begin, given

begin("02")
add = given("01.1")

# %% Multiply exercise="02.1" difficulty=1 minutes=2 lines=3 needs=["01.1"]
def multiply(a, count):
    """The product of an array and a whole number, by adding."""
    ### BEGIN SOLUTION
    total = a
    for _ in range(count - 1):
        total = add(total, a)
    return total
    ### END SOLUTION

# %% [markdown] hints="02.1"
# 1. How often?
# 2. A loop.
# 3. Add again and again.

# %% Use it
print("six is", multiply(2, 3))
'''


def write_lessons(folder: Path, **more: str) -> Path:
    """Lay both in a folder, and others by the names of their files."""
    folder.mkdir(exist_ok=True)
    sources = {"01_sums": FIRST, "02_products": SECOND, **more}
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return folder
