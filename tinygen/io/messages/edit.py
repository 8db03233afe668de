"""What is said of the task: edit."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- options ---------------------------------------------------------------------------------
    "edit help": "change one thing of pictures and keep the rest",
    "edit help long": "Edit pictures: make strokes thicker or more slanted, make another digit of "
    "them in the same hand, go from one picture to another, or give them the style of another. "
    "How much it changed, and what else did, is measured and printed beside what noise as strong "
    "does. Without pictures of yours this is done with test pictures.",
    "edit help epilog": """examples:
  tinygen edit --attribute slant                      test digits, leaning to the right
  tinygen edit seven.png --attribute thickness --strength -2
                                                      a digit of yours, thinner
  tinygen edit seven.png --label 3                    a three in the same hand, by a GAN
  tinygen edit seven.png --label 3 --model judge      a seven that a classifier takes for a three
  tinygen edit seven.png --label 3 --model row-generator --rows 7
                                                      the first seven rows stay
  tinygen edit seven.png --between three.png          from one to the other, by a VAE
  tinygen edit photo.jpg --style waves.png            the content of one, the style of another""",
    "edit help attribute": "move along an attribute, with a GAN or an autoencoder (default: cgan)",
    "edit help label": "make another class of them: with a GAN (default: cgan) or an autoencoder "
    "in the same hand, with a classifier as little as it takes to fool it, with a model that draws "
    "row by row from a row on",
    "edit help between": "go to this picture, with an autoencoder (default: vae)",
    "edit help style": "give them the style of this picture, by random filters, or by those of a "
    "classifier that is named with --model",
    "edit help strength": "of --attribute: by how many standard deviations, less than 0 for less "
    "of it (default: {default:g})",
    "edit help rows": "of --label, with a model that draws row by row: how many rows stay "
    "(default: {default})",
    "edit not a number": "{given!r} is not a number",
    "edit no strength": "--strength says how far to move along an attribute: it needs --attribute",
    "edit no rows": "--rows says how many rows stay when a model that draws row by row gets "
    "another label: it needs --label and --model row-generator",
    "edit to move": "move pictures in a space of codes (GANs and autoencoders can)",
    "edit to label": "give pictures another label (GANs, autoencoders, classifiers and models that "
    "draw row by row can)",
    "edit to style": "look at the style of pictures",
    "edit no way": "the model {model} is told what its pictures show, and between two classes "
    "there is nothing to tell it: take one without classes, such as vae",
    "edit no reader": "the model {model} has to be told what the pictures show, and no classifier "
    "that could read them comes with tinygen: only grey pictures of 28 x 28 pixels can be read",
    # ---- what was edited -------------------------------------------------------------------------
    "edit ink": "ink",
    "edit thickness": "thickness of the strokes",
    "edit slant": "slant",
    "edit width": "width",
    "edit height": "height",
    "edit title attribute": "More or less of one thing: {attribute}",
    "edit title label": "Another class: {label}",
    "edit title between": "From one picture to another",
    "edit title style": "Another style",
    "edit lead attribute": "The model {model} moved pictures by {strength:+g} standard deviations "
    "of one attribute, {attribute}. They are {count}: {source}.",
    "edit lead label": "The model {model} made pictures of the class {label} out of others. They "
    "are {count}: {source}.",
    "edit lead between": "The model {model} went from pictures to {other}. They are {count}: "
    "{source}.",
    "edit lead style": "Pictures were given the style of {other}, as seen by {model}. They are "
    "{count}: {source}.",
    "edit random": "random filters",
    "edit way gradient": "The pictures were changed along the gradients of the classifier until it "
    "was sure by 90%. People still see the old digit: this edit is for the eye of the classifier "
    "only. That it is fooled, where noise as strong does nothing, says more about the classifier "
    "than about the pictures.",
    "edit way rows": "The first {rows} rows are those of the pictures, in black and white. The "
    "model believes what it has read more than the label that it is told: the more rows stay, the "
    "more often the old digit returns.",
    "edit way codes": "What the model's code does not hold is lost: see what was rebuilt without "
    "an edit.",
    # ---- numbers ---------------------------------------------------------------------------------
    "edit heading numbers": "What changed, the mean over the pictures ({count})",
    "edit heading losses": "How far the pictures are from the content and from the style",
    "edit column what": "",
    "edit column ink": "ink",
    "edit column thickness": "thickness",
    "edit column slant": "slant",
    "edit column width": "width",
    "edit column height": "height",
    "edit column change": "change",
    "edit column read": "read so",
    "edit column sure": "sure",
    "edit column content": "content",
    "edit column style": "style",
    "edit value ink": "{value:.3f}",
    "edit value thickness": "{value:.2f}",
    "edit value slant": "{value:+.2f}",
    "edit value width": "{value:.1f}",
    "edit value height": "{value:.1f}",
    "edit value change": "{value:.2f}",
    "edit value read": "{value:.0%}",
    "edit note numbers": "Thickness, width and height are in pixels, the slant is the shift to the "
    "right for each pixel upwards, the change is the Euclidean distance from the picture before. A "
    "classifier reads the digits: how often as what they should show, or else how sure it is.",
    "edit note losses": "Relative squared distances: of the maps of random filters from those of "
    "the content, and of their Gram matrices from that of the style. Other filters were drawn for "
    "this than for the transfer.",
    "edit before": "before",
    "edit noise": "noise as strong",
    "edit rebuilt": "rebuilt, without an edit",
    "edit blend": "a blend of both",
    "edit halfway": "halfway, by the model",
    "edit after": "after",
    # ---- pictures --------------------------------------------------------------------------------
    "edit heading": "Before and after",
    "edit caption plain": "The difference is that of before and after, whichever way.",
    "edit caption rebuilt": "Rebuilt is what the model makes of a picture when nothing is edited; "
    "the difference is that of this and after.",
    "edit caption between": "After is halfway to the other picture; the difference is that of "
    "before and halfway.",
    "edit strength": "strength",
    "edit share": "way",
    "edit strip attribute": "From less to more",
    "edit strip attribute long": "In standard deviations of the attribute; each picture is a row.",
    "edit strip attribute alt": "Rows of pictures, with more of the attribute from left to right.",
    "edit strip codes": "On the way, by the model",
    "edit strip codes long": "The pictures of the codes on the straight line between the two.",
    "edit strip codes alt": "Rows of pictures that change from one digit into another.",
    "edit strip blend": "On the way, pixel by pixel",
    "edit strip blend long": "For comparison: halfway one sees both pictures, and a classifier may "
    "be content with that.",
    "edit strip blend alt": "Rows of pictures that fade from one digit into another.",
}
