"""What is said of the task: complete."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- options ---------------------------------------------------------------------------------
    "complete help": "fill in what is missing of pictures",
    "complete help long": "Hide a part of pictures and let a model fill it in; what is known stays "
    "exactly as it is. A VAE looks for codes that go with the known pixels, a GAN for a picture of "
    "its own that has them, a model that draws row by row goes on from them, and a U-Net that "
    "learned to inpaint gives the one answer that is best on average. Without pictures this is "
    "done with test pictures, and it is printed how near the completions come to the true pixels, "
    "beside the mean of the training pictures and the nearest one of them.",
    "complete help epilog": """examples:
  tinygen complete                                 the lower half of test digits, by the VAE
  tinygen complete seven.png --mask centre         the middle of a picture of yours
  tinygen complete seven.png --mask hole.png       what is white in hole.png, of the model's size
  tinygen complete --model row-generator --samples 6
                                                   six ways to go on with each
  tinygen complete --model cgan --mask random      every other pixel, by a GAN
  tinygen complete --model inpainter               by a U-Net, a context encoder""",
    "complete help mask": "what is missing: {names}, or a picture that is white there, of the size "
    "of the model's pictures (default: {default})",
    "complete help samples": "how many different completions of each picture (default: "
    "{default}; of a U-Net there is one)",
    "complete no mask": "there is no mask {given}: name one of {names}, or the file of a picture "
    "that is white where pixels are missing",
    "complete what": "complete pictures; these can: {names} (a unet with task=inpaint)",
    "complete needs labels": "{source} holds a {model} that must be told what pictures show, which "
    "nobody knows of a part: train one without classes (tinygen train {model})",
    # ---- the report ------------------------------------------------------------------------------
    "complete title": "Completed pictures",
    "complete lead": "Of {count:picture|pictures} ({source}) {hidden} was hidden and filled in "
    "by the model {model}.",
    "complete mask lower": "the lower half",
    "complete mask centre": "the centre",
    "complete mask random": "every other pixel, by chance,",
    "complete mask file": "what is white in {path}",
    "complete heading": "Before and after",
    "complete caption": "Before: what the model was given, grey where it knew nothing. After: what "
    "it made of it. The difference is that from the original, between 0 (black) and 1; it is 0 "
    "where pixels were known.",
    "complete caption samples": " It may be completed in different ways, of which each picture has "
    "{samples}; the difference is that of the first.",
    "complete heading numbers": "How near the completions of {count:test picture|test pictures} "
    "come",
    "complete column what": "filled in with",
    "complete column psnr": "PSNR of the missing pixels",
    "complete column recovered": "read as what it shows",
    "complete mean": "the mean of {count:,} training pictures",
    "complete nearest": "the nearest of them, by the known pixels",
    "complete model": "one completion by the model {model}",
    "complete averaged": "the mean of {samples} completions by the model",
    "complete decibels": "{value:.2f} dB",
    "complete share": "{value:.1%}",
    "complete note numbers": "Of pixels that are missing only. A blurred mean of all that might be "
    "there has less error than any sharp guess.",
    "complete note judge": " The classifier that reads them reads {share:.1%} of the pictures "
    "themselves.",
    "complete note shown": "Of the test pictures the first {count} are shown.",
}
