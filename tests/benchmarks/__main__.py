"""Compare frameworks on the same work: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from tinygen.io import whole_file

from . import pictures, report
from .frameworks import FRAMEWORKS
from .sections import SECTIONS, measure
from .tasks import STEPS

RESULTS = Path(__file__).parent / "results"


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure tinygen beside other frameworks, and save tables and pictures.",
    )
    parser.add_argument(
        "--only", nargs="*", choices=SECTIONS, default=list(SECTIONS), metavar="SECTION",
        help=f"measure these and keep the others' results: {', '.join(SECTIONS)}; "
        "none: only draw tables and pictures again",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, help="how often each takes its turn")
    parser.add_argument("--seconds", type=float, default=1.0, help="for one workload in one turn")
    parser.add_argument("--workloads", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    parser.add_argument("--threads", type=int, default=2, help="threads for each framework")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder to save in")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse_options(arguments)
    kept = options.results / "results.json"
    findings = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for name in options.only:
        findings[name] = measure(name, options)
        with whole_file(kept, "w") as file:
            json.dump(findings, file, indent=1)
    page = report.page(findings, pictures.draw(findings, options.results))
    with whole_file(options.results / "README.md", "w") as file:
        file.write(page)
    print(page)


if __name__ == "__main__":
    main()
