"""The files of an autograder for Gradescope, which grades one submission in a container of its own.

Gradescope runs ``setup.sh`` once, when the container's image is made, and ``run_autograder`` for
each submission. The container keeps a submission from other people's files, and not from what is
installed in it: the answers, and the file that the results are written to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tinygen.io.messages import text
from tinygen.teach.course import Lesson

__all__ = ["RUN", "SETUP", "autograder_files"]

SETUP, RUN = "setup.sh", "run_autograder"

SETUP_SCRIPT = """\
#!/usr/bin/env bash
{words}
set -eu
root=${{AUTOGRADER:-/autograder}}
python3 -m pip --version >/dev/null || {{ apt-get update && apt-get install -y python3-pip; }}
python3 -m pip install --no-index --find-links "$root/source/wheels" --target "$root/packages" \\
  tinygen
"""

RUN_SCRIPT = """\
#!/usr/bin/env bash
{words}
root=${{AUTOGRADER:-/autograder}}
export PYTHONPATH=$root/packages
mkdir -p "$root/results"
cd "$root"
rm -rf "$root/class" "$root/results/results.json"
mkdir "$root/class"
cp -RP "$root/submission" "$root/class/submission"
python3 -m tinygen teacher grade "$root/class" {lessons} \\
  --seed {seed} --gradescope "$root/results" --trust
if [ ! -s "$root/results/results.json" ]; then
  cat >"$root/results/results.json" <<'END'
{failed}
END
fi
exit 0
"""


def autograder_files(lessons: Sequence[Lesson], seed: int) -> Iterator[tuple[str, str]]:
    """The scripts of an autograder.

    Parameters
    ----------
    lessons : sequence of Lesson
        Those that are graded.
    seed : int
        Of the cases.

    Yields
    ------
    pair of str
        A file's name, and what is in it.
    """
    yield SETUP, SETUP_SCRIPT.format(words=_comment(text("release setup")))
    failed = {"score": 0, "output": text("release not graded"), "visibility": "visible"}
    yield (
        RUN,
        RUN_SCRIPT.format(
            words=_comment(text("release run")),
            lessons=" ".join(f"--lesson {lesson.number}" for lesson in lessons),
            seed=seed,
            failed=json.dumps(failed, indent=2),
        ),
    )


def _comment(words: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in words.splitlines())
