"""The accuracy of the fast CNN over several seeds, and its time; run by hand.

    python -m tests.numbers.one_epoch results.json                     one epoch of MNIST, 10 seeds
    python -m tests.numbers.one_epoch results.json --recipe best       12 epochs of MNIST, 3 seeds
    python -m tests.numbers.one_epoch results.json --recipe glyphs     3 epochs of glyphs, 10 seeds

All training pictures are learned from, and the test pictures are looked at once, at the end: the
recipes are published ones, nothing was chosen by these results. Each run is a process of its own,
so that its time and its memory are its own; it is trained by the functions that ``tinygen train``
uses. A run that is in the file already is not done again, so the script can be stopped at any
moment. MNIST is looked for where tinygen looks for it: in ``TINYGEN_DATA``, for instance.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import child_environment, numpy_build, processor
from tinygen import data
from tinygen.cli.evaluation import classify, scores_of
from tinygen.io import whole_file
from tinygen.train.recipe import Recipe, new_model, new_trainer, pictures_of, training_batches

RECIPES = {
    "one": (Recipe(epochs=1, lr=0.01, use_all=True), 10),
    "best": (
        Recipe(epochs=12, lr=0.006, shift=2, use_all=True, arguments={"dropout": 0.3}),
        3,
    ),
    "glyphs": (Recipe(data="glyphs", epochs=3, lr=0.01, use_all=True), 10),
}
"""What is trained, and how many seeds from 0 on."""


def main() -> None:
    options = _options()
    if options.only_seed is not None:
        print(json.dumps(train(options.recipe, options.only_seed)))
        return
    runs = json.loads(options.file.read_text("utf-8")) if options.file.exists() else []
    done = {(run["recipe"], run["seed"]) for run in runs}
    for seed in range(options.seeds or RECIPES[options.recipe][1]):
        if (options.recipe, seed) in done:
            continue
        runs.append(_in_a_process(options.recipe, seed, options.threads))
        with whole_file(options.file, "w") as file:
            json.dump(runs, file, indent=1)
        print(_line(runs[-1]), flush=True)
    report([run for run in runs if run["recipe"] == options.recipe])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="where the results are kept")
    parser.add_argument("--recipe", choices=RECIPES, default="one")
    parser.add_argument("--seeds", type=int, help="how many, if not as many as usual")
    parser.add_argument("--threads", type=int, default=2, help="of the BLAS (default: 2)")
    parser.add_argument("--only-seed", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_a_process(name: str, seed: int, threads: int) -> dict[str, Any]:
    """One run in a process of its own, with the BLAS kernels that are made for the processor."""
    words = [sys.executable, "-m", __spec__.name, "-", "--recipe", name, "--only-seed", str(seed)]
    environment = child_environment(os.environ, threads, avx2_only=False)
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return {**json.loads(done.stdout.splitlines()[-1]), "threads": threads}


def train(name: str, seed: int) -> dict[str, Any]:
    """Train and test with one seed.

    Parameters
    ----------
    name : str
        A key of ``RECIPES``.
    seed : int

    Returns
    -------
    dict
        The results, and what they depend on.
    """
    recipe = Recipe(**{**vars(RECIPES[name][0]), "seed": seed})
    began = time.perf_counter()
    pictures = data.load(recipe.data, offline=True)
    load_seconds = time.perf_counter() - began
    images = pictures_of(pictures.train_images)
    model, _ = new_model(recipe, images, len(pictures.classes))
    trainer = new_trainer(model, recipe, len(images), progress=None)
    history = trainer.fit(
        training_batches(recipe, images, pictures.train_labels), epochs=recipe.epochs
    )
    scores = scores_of(pictures.test_labels, classify(model, pictures.test_images))
    return {
        "recipe": name,
        "settings": vars(recipe),
        "seed": seed,
        "accuracy": scores.accuracy,
        "right": scores.right,
        "total": scores.total,
        "log_loss": scores.log_loss,
        "calibration": scores.calibration,
        "epoch_seconds": history["seconds"],
        "load_seconds": load_seconds,
        "peak_mib": _peak_mib(),
        "processor": processor(),
        "numpy": numpy_build(),
    }


def _peak_mib() -> float | None:
    """The most memory that this process had; not known on Windows."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _line(run: dict[str, Any]) -> str:
    seconds, peak = sum(run["epoch_seconds"]), run["peak_mib"] or math.nan
    return (
        f"{run['recipe']}, seed {run['seed']}: {run['accuracy']:.2%}, log-loss "
        f"{run['log_loss']:.4f}, {seconds:.1f} s of training, peak {peak:.0f} MiB"
    )


def report(runs: list[dict[str, Any]]) -> None:
    """Print mean and spread.

    Parameters
    ----------
    runs : list of dict
        Of one recipe.
    """
    accuracies = [100 * run["accuracy"] for run in runs]
    seconds = [second for run in runs for second in run["epoch_seconds"]]
    spread = statistics.stdev(accuracies) if len(runs) > 1 else math.nan
    print(f"\n{runs[0]['recipe']}, {len(runs)} seeds, {runs[0]['threads']} threads")
    print(
        f"accuracy  mean {statistics.mean(accuracies):.3f}%, standard deviation {spread:.3f}, "
        f"standard error {spread / math.sqrt(len(runs)):.3f}, from {min(accuracies):.2f} to "
        f"{max(accuracies):.2f}%"
    )
    print(
        f"an epoch  median {statistics.median(seconds):.1f} s, from {min(seconds):.1f} to "
        f"{max(seconds):.1f} s"
    )
    print(f"on        {runs[-1]['processor']}\n          {runs[-1]['numpy']}")


if __name__ == "__main__":
    main()
