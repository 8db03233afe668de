"""Train the models and fill the table of what they reach; run by hand.

    python -m tests.numbers                     every row and seed that is not there yet
    python -m tests.numbers vae made --seeds 1  some rows, the first seed only
    python -m tests.numbers --table             draw the table again
    python -m tests.numbers dcgan --short       a few steps, to see whether it works

Each seed is a process of its own and is written to ``results/rows.json`` as soon as it is done; a
training that was stopped goes on from its last checkpoint. So the table can be filled over days.
Several of these commands may run side by side, each with ``--threads 1``.

All training pictures are learned from. Settings were chosen without the test pictures, and with
seeds other than those of the table; the test pictures are looked at once, at the end of each run.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import child_environment, numpy_build, processor
from tests.numbers import models
from tests.numbers.rows import ROWS, Row, Run
from tinygen.io import whole_file

HERE = Path(__file__).parent
PICTURES = HERE / "results"
RESULTS, TABLE = PICTURES / "rows.json", PICTURES / "README.md"
README = HERE.parents[1] / "README.md"

PARTS = {"models": list(models.ROWS), "tasks": [row for row in ROWS if row not in models.ROWS]}
"""The tables of the README, by the names of their markers."""

Result = dict[str, Any]


def main() -> None:
    options = _options()
    if options.only_seed is not None:
        print(json.dumps(_measured(options, options.only_seed)))
        return
    for name in [] if options.table else options.rows or list(ROWS):
        for seed in range(options.seeds or ROWS[name].seeds):
            if not options.short and (name, seed) in {(r["row"], r["seed"]) for r in _results()}:
                continue
            result = _in_a_process(name, seed, options)
            print(name, f"seed {seed}:", json.dumps(result["numbers"]), flush=True)
            if not options.short:
                _keep(result)
    if not options.short:
        _write_tables(_results())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--seeds", type=int, help="how many, if not as many as usual")
    parser.add_argument("--threads", type=int, default=2, help="of the BLAS (default: 2)")
    parser.add_argument(
        "--work", type=Path, default=Path("numbers-runs"), help="the folder of the checkpoints"
    )
    parser.add_argument("--short", action="store_true", help="a few steps; nothing is recorded")
    parser.add_argument("--table", action="store_true", help="only draw the table")
    parser.add_argument("--only-seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no rows {', '.join(sorted(unknown))}: there are {', '.join(ROWS)}")
    return options


def _in_a_process(name: str, seed: int, options: argparse.Namespace) -> Result:
    """A run in a process of its own, with the BLAS kernels that are made for the processor."""
    words = [sys.executable, "-m", "tests.numbers", name, "--only-seed", str(seed)]
    words += ["--work", str(options.work), *(["--short"] if options.short else [])]
    environment = child_environment(os.environ, options.threads, avx2_only=False)
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return {**result, "threads": options.threads}


def _measured(options: argparse.Namespace, seed: int) -> Result:
    (name,) = options.rows
    folder = options.work / f"{name}-{seed}{'-short' if options.short else ''}"
    numbers = ROWS[name].run(Run(seed, folder, PICTURES, options.short))
    return {
        "row": name,
        "seed": seed,
        "numbers": numbers,
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "numpy": numpy_build(),
    }


# ---- what is kept ------------------------------------------------------------------------------


def _results() -> list[Result]:
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []


def _keep(result: Result) -> None:
    """Add a result to those that other processes may add at this moment."""
    with _alone():
        with_it = [*_results(), result]
        with whole_file(RESULTS, "w") as file:
            json.dump(sorted(with_it, key=lambda r: (r["row"], r["seed"])), file, indent=1)


@contextmanager
def _alone() -> Iterator[None]:
    import fcntl  # which Windows has not

    RESULTS.parent.mkdir(exist_ok=True)
    with open(RESULTS.parent / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---- the page ----------------------------------------------------------------------------------

HEAD = """# What the models reach

Written by `python -m tests.numbers`; the rows are in [`models.py`](../models.py) and
[`tasks`](../tasks), the recipes in
`tinygen/train/recipe.py`, each run with its date, processor and all its numbers in
[`rows.json`](rows.json). Real MNIST unless the row says otherwise; all training
pictures are learned from, the test pictures are looked at once. Mean ± standard deviation over the
seeds (from 0 on, none left out), with the lowest and the highest; minutes are those of training,
of the slowest seed. Those of 2026-11-26 ran on one thread each, with two to ten other programs at a
time on two cores, but for those of the first VAE, which had both cores. Alone on both, a step takes
72 ms for the DCGAN, 72 ms for the WGAN-GP and 122 ms for the PixelCNN (150, 150 and 40 were timed),
so that their trainings take 11, 13 and 8 minutes.

- `fid` is the Fréchet distance from the 10,000 test pictures on the 256 features of one frozen
  classifier, our own: it can be compared with the `floor`, what training pictures get, and with
  nothing that is published.
- `tv` is the total variation between the classes that this classifier sees and those of MNIST.
- `nearer to train` is the share of samples whose nearest real picture is a training picture and not
  a test picture; `expected` is what that is without any memorizing.
- Likelihoods are of binary pictures: those of the VAEs of pixels drawn anew at each step, those of
  the autoregressive models of one drawing by our own seed, which is not the published one.

"""


def _write_tables(results: list[Result]) -> None:
    """The page of all numbers, and the short tables of the README between its markers."""
    with whole_file(TABLE, "w") as file:
        file.write(_page(results))
    readme = README.read_text("utf-8")
    for part, rows in PARTS.items():
        readme = with_table(readme, part, summary(rows, results))
    with whole_file(README, "w") as file:
        file.write(readme)


def with_table(page: str, part: str, table: str) -> str:
    """A page with what stands between ``<!-- part -->`` and ``<!-- end of part -->`` exchanged."""
    start, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    before, rest = page.split(start)
    _, after = rest.split(end)
    return before + start + table + end + after


def summary(rows: Iterable[str], results: list[Result], numbers: int = 2) -> str:
    """A line for each row that has run, with its first numbers: the mean, and the range."""
    lines = ["| | wanted | reached | seeds |", "| --- | --- | --- | --: |"]
    for name in rows:
        own = [result["numbers"] for result in results if result["row"] == name]
        if own:
            row = ROWS[name]
            shown = list(row.shown.items())[:numbers]
            cells = [f"{key} {_range([run[key] for run in own], shape)}" for key, shape in shown]
            lines.append(f"| {row.title} | {row.wanted} | {', '.join(cells)} | {len(own)} |")
    return "\n".join(lines) + "\n"


def _range(values: list[float], shape: str) -> str:
    mean, low, high = (shape.format(of(values)) for of in (statistics.mean, min, max))
    return mean if low == high else f"{mean} ({low} to {high})"


def _page(results: list[Result]) -> str:
    lines = ["| row | wanted | reached | seeds | minutes (allowed) |", "|---|---|---|--:|--:|"]
    for name, row in ROWS.items():
        own = [result for result in results if result["row"] == name]
        lines.append(_line(row, own))
    on = sorted({result["processor"].split(",")[0] for result in results})
    dates = sorted({result["date"] for result in results})
    when = f"\n{dates[0]} to {dates[-1]}, on {', '.join(on)}.\n" if results else "\n"
    shown = [f"![{ROWS[name].title}]({name}.png)" for name in ROWS if _picture(name)]
    return HEAD + "\n".join(lines) + "\n" + when + "\n" + "\n\n".join(shown) + "\n"


def _picture(name: str) -> bool:
    return (PICTURES / f"{name}.png").exists()


def _line(row: Row, results: list[Result]) -> str:
    cells = []
    for name, shape in row.shown.items():
        values = [float(result["numbers"][name]) for result in results]
        if values:
            cells.append(f"{name} **{_spread(values, shape)}**")
    spent = [r["numbers"]["seconds"] / 60 for r in results if "seconds" in r["numbers"]]
    minutes = f"{max(spent):.1f} ({row.minutes:g})" if spent else f"({row.minutes:g})"
    reached = "; ".join(cells) or "not run yet"
    return f"| {row.title} | {row.wanted} | {reached} | {len(results)} | {minutes} |"


def _spread(values: list[float], shape: str) -> str:
    mean = shape.format(statistics.mean(values))
    if len(values) == 1:
        return mean
    low, high = shape.format(min(values)), shape.format(max(values))
    return f"{mean} ± {shape.format(statistics.stdev(values))} ({low} to {high})"


if __name__ == "__main__":
    main()
