"""What is said of the task: translate."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model pix2pix": "GAN that draws pictures from their edges",
    # ---- options ---------------------------------------------------------------------------------
    "translate help": "make digits of outlines, or colours of grey",
    "translate help long": "Translate pictures: outlines into digits (pix2pix), or grey pictures "
    "into colour (a U-Net). The outline, or the grey picture, is made of each picture first, so "
    "that what comes out can be compared with the picture itself. Without pictures this is done "
    "with test pictures, and the errors are printed beside those of not translating at all.",
    "translate help epilog": """examples:
  tinygen translate                           test digits, from their outlines
  tinygen translate seven.png                 a digit of yours: to its outline, and back
  tinygen translate sketch.png --edges        an outline that you drew
  tinygen translate photos --to colour        a folder of pictures""",
    "translate help to": "what to make: digits of outlines, or colours of grey (default: digit)",
    "translate help edges": "your pictures are outlines already",
    "translate no edges": "--edges says that your own pictures are outlines to make digits of: "
    "name some, and leave out --to colour",
    "translate to digit": "make digits of outlines",
    "translate to colour": "give colours to grey pictures",
    "translate unable digit": "{source} holds the model {model}, which did not learn to make "
    "digits of outlines: a pix2pix did, and a unet with task=edges",
    "translate unable colour": "{source} holds the model {model}, which did not learn to give "
    "colours to grey pictures: a unet with task=colourize did",
    # ---- the report ------------------------------------------------------------------------------
    "translate title digit": "From outlines to digits",
    "translate title colour": "From grey to colour",
    "translate lead digit": "The model {model} drew {count:picture|pictures} ({source}), of "
    "which it was shown the outlines only.",
    "translate lead colour": "The model {model} coloured {count:picture|pictures} ({source}), of "
    "which it was shown the light and nothing else.",
    "translate baseline digit": "the outlines themselves",
    "translate baseline colour": "grey",
    "translate heading": "Before and after",
    "translate caption digit": "The outline is all that the model sees. The strength and the edges "
    "of the strokes are its own.",
    "translate caption colour": "Grey says little of colour: where several are likely the model "
    "gives something between them, which is often brownish. That is what the absolute error "
    "rewards.",
}
