"""What is said of the task: recognize."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model strip-reader": "reads lines of digits, column by column",
    "about model strip-cnn": "reads lines of digits, all at once",
    "about model embedder": "puts pictures of one kind near each other",
    # ---- options ---------------------------------------------------------------------------------
    "recognize help": "read lines of digits, or compare two pictures",
    "recognize help long": "Read lines of one to five digits. Without pictures this is done with "
    "test strips, and the error rates are printed beside those of a classifier of single digits "
    "that is shown parts of the line. With --verify two pictures are compared instead: do they "
    "show the same?",
    "recognize help epilog": """examples:
  tinygen recognize                           test strips
  tinygen recognize number.png                a line of yours
  tinygen recognize --verify a.png b.png      do these two show the same?""",
    "recognize help beam": "look for the most probable text with so many beginnings (default: that "
    "of the most probable path)",
    "recognize help verify": "compare these two pictures, and read none",
    "recognize to read": "read lines",
    "recognize to compare": "compare pictures",
    "recognize two only": "--verify compares two pictures: leave out others, and --beam",
    "recognize not two": "--verify compares two pictures, and these are {count}: name two files",
    # ---- what was read ---------------------------------------------------------------------------
    "recognize read": "{name}: {text}",
    "recognize nothing": "nothing",
    "recognize mistake": "{text}, not {true}",
    "recognize same": "{first} and {second} show the same: their distance {distance:.3f} is below "
    "the threshold of {threshold:.3f}",
    "recognize different": "{first} and {second} show different things: their distance "
    "{distance:.3f} is not below the threshold of {threshold:.3f}",
    # ---- the report ------------------------------------------------------------------------------
    "recognize title": "What is written",
    "recognize lead": "The model {model} read {count:line|lines} ({source}).",
    "recognize heading lines": "What was read",
    "recognize caption lines": "Each line as the model saw it, and what it read.",
    "recognize caption truth": "Each line as the model saw it, and what it read; where that is "
    "wrong, also what is written.",
    "recognize alt lines": "Lines of digits, with what was read above each.",
    "recognize heading texts": "Texts",
    "recognize column name": "line",
    "recognize column text": "read",
    "recognize column true": "written",
    "recognize heading pictures": "Every line by itself",
    "recognize caption pictures": "As the model saw it.",
    "recognize heading numbers": "Errors on {count:strip|strips}",
    "recognize column what": "",
    "recognize column cer": "character error rate",
    "recognize column right": "lines without a mistake",
    "recognize column auroc": "AUROC",
    "recognize column eer": "equal error rate",
    "recognize share": "{value:.1%}",
    "recognize area": "{value:.4f}",
    "recognize note numbers": "The character error rate counts digits to be changed, left out or "
    "put in, for each digit that is written. Both baselines ask the judge, a classifier of single "
    "digits. For equal cuts it is told how many digits there are, which the reader is not.",
    "recognize equal cuts": "judge on equal cuts, told how many",
    "recognize gaps": "judge on what is between gaps",
    "recognize reader": "the reader",
    "recognize pixels": "distance of the pixels",
    "recognize embedder": "distance of the model",
    "recognize title verify": "The same or not",
    "recognize lead verify": "The model {model} compared two pictures.",
    "recognize caption verify": "Both as the model saw them, and their difference, pixel by pixel. "
    "Of pictures unlike those that the model has learned from, its distance says less.",
}
