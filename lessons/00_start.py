# %% [markdown] lesson="00" minutes=8 builds_on=[]
# # 00 · Start
#
# **You will be able to**
# - go through a lesson at your own pace, and come back where you left;
# - have an exercise checked, and mend it with what the checker says;
# - ask for a hint, and find the pictures.
#
# 8 minutes. It builds on nothing but a little Python.
#
# **A belief to test.** Many think: *a machine that draws mixes pictures that it has stored; a
# drawing between two drawings is the mean of their pixels.* It sounds reasonable. At the end of
# this lesson you will see both, the mean of the pixels and what the machine does, and judge.

# %% setup
import numpy as np

import tinygen as tg
from tinygen import plots
from tinygen.teach import begin, picture, predict, reveal

rng = begin("00")

# %% [markdown]
# ## 1. How a lesson works
# A lesson is a file of Python, cut into cells: words, code, words, code. You can take it in three
# ways.
#
# - **In a terminal**: `tinygen step 00`. Press Enter to run a cell or to go on. The other keys,
#   each followed by Enter: `b` goes back, `s` skips a cell, `q` quits, `?` shows the keys. Quit
#   whenever you like: the same command goes on where you left.
# - **In an editor** (VS Code, Spyder, PyCharm): open the file; a cell has a button to run it.
# - **As a script**: `python lessons/00_start.py` runs everything at once.
#
# Here is the first code. A network that comes with the course draws twenty digits. It has seen
# 60,000 handwritten ones while it was trained, but it has kept none of them.

# %%
artist = tg.models.pretrained("cgan")
digits = artist.sample(20).numpy()[:, 0]

print("shape:", digits.shape, " (pictures, rows, columns)")
print("through the left side of the 0:", digits[0, 14, 4:12].round(1))
assert digits.shape == (20, 28, 28), "twenty pictures of 28 x 28 pixels"
assert 0 <= digits.min() <= digits.max() <= 1, "0 is black, 1 is white"

# %% [markdown]
# ## 2. Your first check: it passes
# A picture is an array of numbers: 0 is black, 1 is white. The digits are white on black. We want
# them as ink on paper, black on white.
#
# Exercises live in files of your own. Open a second terminal (or press `q` here: `tinygen step 00`
# goes on where you left). Make a folder, once, with a name that you like:
#
#     tinygen start my-course
#     cd my-course
#
# There you find `exercises/00_start.py`. **Exercise 00.1 is solved already**, so that you see what
# it looks like when all is well:
#
#     tinygen check 00.1

# %% Ink on paper exercise="00.1" difficulty=1 minutes=1 lines=1 passes_untouched=true
def negative(pictures):
    """Black becomes white, and white becomes black.

    pictures: array of any shape, from 0 (black) to 1 (white)

    Returns an array of the same shape.
    """
    return 1 - pictures

# %% [markdown] hints="00.1"
# 1. This one is solved already. Have you run `tinygen check 00.1`, in the folder that
#    `tinygen start` made?
# 2. If you have changed it: what should become of 0, of 1, and of 0.25?
# 3. 0 becomes 1, 1 becomes 0, and 0.25 becomes 0.75: subtract the pictures from 1. Or take the
#    file as it was: `tinygen reset 00.1`.

# %% [markdown]
# The line below saves a figure, and says where. In a terminal you get the path of the file: open it
# with any viewer of pictures. In an editor or a notebook it also appears below the cell.

# %%
picture(
    plots.image_grid(negative(digits), columns=10),
    "digits",
    "twenty handwritten digits, 0 to 9 twice. No person wrote them: a network drew each.",
)

# %% [markdown]
# ## 3. Guess first
# Before a cell shows something, you are often asked what you expect. Guess: nobody counts. A wrong
# guess is worth more than a right one, because you remember it.

# %%
predict(
    "00.p1",
    "The network draws from random numbers. We set the same seed twice and draw twice. We get",
    ["other digits", "nearly the same digits", "the same digits, to the last bit"],
)

# %%
tg.manual_seed(7)
once = artist.sample(20).numpy()
tg.manual_seed(7)
again = artist.sample(20).numpy()
assert np.array_equal(once, again), "the same seed must give the same pictures"
print("the largest difference:", np.abs(once - again).max())
reveal(
    "00.p1",
    "c",
    "random numbers of a computer follow from their seed. Each lesson sets one, so that you see "
    "what this page describes.",
)

# %% [markdown]
# ## 4. Your second check: it fails, on purpose
# Now the belief: what lies halfway between two drawings? First the mean of the pixels. This is
# **exercise 00.2**, and here you make a mistake on purpose, to see how the checker talks.
#
# 1. Open `exercises/00_start.py`. Find `blend`. Replace the line with `raise` by this wrong one:
#
#        return a + b
#
# 2. Save, and run `tinygen check 00.2`. It fails. Read all that it says: the verdict, the element
#    that is most wrong (yours, and what was expected), the *pattern*, and the path of a picture.
# 3. The pattern tells what to do. Mend the line, and check again.
#
# If you are stuck, here or anywhere: `tinygen hint 00.2`. There are three hints. The first is a
# question, the last is nearly the answer.

# %% Halfway, pixel by pixel exercise="00.2" difficulty=1 minutes=3 lines=1
def blend(a, b):
    """The picture halfway between two pictures: each pixel is the mean of two pixels.

    a, b: arrays of one shape, from 0 (black) to 1 (white)

    Returns an array of the same shape.
    """
    ### BEGIN SOLUTION
    return (a + b) / 2
    ### END SOLUTION

# %% [markdown] hints="00.2"
# 1. Take a pixel that is 1 in both pictures. What is `a + b` there, and what should it be?
# 2. The checker says by which number all your values are too large. What do you do about it?
# 3. The mean of two numbers is their sum, divided by how many they are. Mind the brackets: `/`
#    comes before `+`.

# %%
predict(
    "00.p2",
    "Two handwritten 9s, one slim, one wide. The mean of their pixels shows",
    ["a 9 of medium width", "two pale 9s, one over the other", "something that is no 9 at all"],
)

# %% [markdown]
# The network draws each digit from a *code*, a list of 32 random numbers. So there is a second way
# to go halfway: leave the pixels alone, take the mean of the two **codes**, and let the network
# draw that. Compare the last two columns.

# %%
tg.manual_seed(0)
code, other_code = tg.randn(2, 4, 32).numpy()


def draw(codes):
    with tg.no_grad():
        return artist.generate(tg.tensor(codes), labels=[0, 5, 8, 9]).numpy()


one, other = draw(code), draw(other_code)
mixed = blend(one, other)
drawn = draw(blend(code, other_code))

rows = np.stack([one, other, mixed, drawn], axis=1).reshape(16, 28, 28)
names = ["one", "another", "mean of the pixels", "mean of the codes"]
picture(
    plots.image_grid(negative(rows), columns=4, titles=names + [""] * 12),
    "halfway",
    "each row: two digits, the mean of their pixels (two pale digits over each other), and what "
    "the network draws from the mean of their codes (one clear digit, between the two)",
)

# %% [markdown]
# Your eyes have decided. Here is a number that says the same. Ink is black, paper is white; a pixel
# that is neither is *grey*. A good drawing has grey pixels only along its edges.

# %%
def share_of_grey(pictures):
    return np.mean((pictures > 0.25) & (pictures < 0.75))


for name, pictures in [("drawings", one), ("mean of pixels", mixed), ("mean of codes", drawn)]:
    print(f"{name:15} {share_of_grey(pictures):4.0%} of the pixels are grey")
assert share_of_grey(mixed) > 2 * share_of_grey(one), "the mean of the pixels is pale"
assert share_of_grey(drawn) < 1.5 * share_of_grey(one), "the mean of the codes is as clear"
reveal(
    "00.p2",
    "b",
    "each pixel knows nothing of its neighbours: where only one digit has ink, the mean is half "
    "grey. The network has learned what strokes look like, and draws strokes.",
)

# %% [markdown]
# ## What changed in your head
# - A drawing between two drawings is not the mean of their pixels. A network that generates has
#   codes behind its pictures; how it comes by them is what this course is about.
# - A lesson always goes the same way: guess, look, write, check. With the same seed you see the
#   same.
# - When a check fails, the *pattern* in its answer tells you where to look.
#
# **Next**: `tinygen check 00` checks both exercises, `tinygen lessons` lists the lessons, and
# `tinygen step 01` begins the first real one: arrays, and why a line that runs can still be wrong.

# %% [markdown] teacher="00"
# ## For the teacher
# **Questions to discuss.**
# 1. *Why does 00.1 pass untouched?* The first run should show that everything is installed and in
#    the right folder. If it fails, the machine is at fault and not the student.
# 2. *The checker could also just say "wrong". What is better about "2 times the right value"?* It
#    says where to look without giving the line away. The same words come back when a learning rate
#    or a mean over a batch is wrong.
# 3. *Why is the mean of two codes a good drawing at all?* Nothing forces it to be. The network was
#    trained on random codes from the whole space, and their mean lies among them. Lessons 10 and 12
#    look closely.
#
# **Commonest wrong answers.** `a + b`, on purpose: the checker says that all values are 2 times the
# right ones. `a + b / 2`: the check fails, and says that only `b` was halved. The line with
# `raise` left above the new one: the checker says so.
#
# **In 10 minutes**: all of it, as it is. **In 40 minutes**: each student lets the network draw
# from codes at 0, 1/4, 1/2, 3/4 and 1 between two codes, and the same with pixels, and the class
# guesses which film is which. Then look for two codes whose mean is a bad drawing.
