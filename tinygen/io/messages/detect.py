"""What is said of the task: detect."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model detector": "finds digits and boxes around them",
    # ---- options ---------------------------------------------------------------------------------
    "detect help": "find digits in pictures, and the boxes around them",
    "detect help long": "Find digits in pictures, and the boxes around them. Without pictures this "
    "is done with test canvases of one to four digits, and the precision is printed beside that of "
    "a sliding window and of a box in the middle.",
    "detect help epilog": """examples:
  tinygen detect                              test canvases, with the true boxes
  tinygen detect notes.png --threshold 0.3    a picture of yours; less sure digits too
  tinygen train detector                      makes a detector, in tinygen-run/best.npz
  tinygen detect page.jpg --model tinygen-run/best.npz""",
    "detect help threshold": "show what is at least so probable, from 0 to 1 (default: {default})",
    "detect not a probability": "{given} is no probability: it must be from 0 to 1",
    "detect to detect": "find things in pictures",
    # ---- what was found --------------------------------------------------------------------------
    "detect found": "{name}: {things}",
    "detect thing": "{name} ({score:.0%})",
    "detect nothing": "nothing",
    # ---- the report ------------------------------------------------------------------------------
    "detect title": "What is where",
    "detect lead": "The model {model} looked for digits in {count:picture|pictures} ({source}).",
    "detect heading boxes": "Boxes, what is in them, and how sure that is",
    "detect caption boxes": "What is less probable than {threshold:.0%} is not shown. A digit "
    "should be about a sixth to two fifths of the picture high, as those that the model has "
    "learned from: much larger and smaller ones are missed.",
    "detect caption truth": "What is less probable than {threshold:.0%} is not shown. The true "
    "boxes are dashed.",
    "detect alt boxes": "Pictures with boxes around the digits that were found.",
    "detect heading pictures": "Every picture by itself",
    "detect caption pictures": "As the model saw it, and with the boxes, {zoom} times as large.",
    "detect heading numbers": "Mean average precision on {count:canvas|canvases}",
    "detect column what": "",
    "detect column half": "mAP@.5",
    "detect column strict": "mAP@[.5:.95]",
    "detect share": "{value:.1%}",
    "detect note mAP": "The area below the curve of precision and recall, a mean over the digits. "
    "A box counts as right if it shares half of its area with the true one (IoU of 0.5); in the "
    "last column this is asked for 0.5, 0.55, ..., 0.95, and the mean is taken. The sliding window "
    "takes the ink in the window for the box, and reads it with the judge.",
    "detect precision": "mAP@.5 {half:.1%}, mAP@[.5:.95] {strict:.1%}",
    "detect centre box": "a box in the middle",
    "detect sliding window": "sliding window",
    "detect detector": "the detector",
}
