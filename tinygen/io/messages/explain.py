"""What is said of the task: explain."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- options ---------------------------------------------------------------------------------
    "explain help": "show what a classifier looks at, and what a model has learned",
    "explain help long": "Show which places of a picture the answer of a classifier hangs on "
    "(saliency, occlusion, grad-cam), what it takes for the best picture of each class "
    "(activation), or the space of an autoencoder's codes, to walk about in (latent). With each "
    "map goes a number: how soon the answer is lost when pixels are taken away in its order, "
    "beside random order and the brightest first.",
    "explain help epilog": """examples:
  tinygen explain saliency                    test digits
  tinygen explain grad-cam seven.png          a picture of yours
  tinygen explain occlusion seven.png --label 1
                                              what in it speaks for a one
  tinygen explain activation                  a picture for each class
  tinygen explain latent                      a page to drag about in""",
    "explain help method": "what to show",
    "explain help label": "the class whose score is explained (default: the most probable; all for "
    "activation)",
    "explain to explain": "classify pictures, which could be explained",
    "explain to walk": "decode codes of pictures",
    "explain no images": "explain activation draws pictures of classes and takes none: leave yours "
    "out",
    "explain no label": "explain latent shows all classes: leave out --label",
    "explain no class": "there is no class {given} to be explained, the model knows: {names}",
    # ---- maps ------------------------------------------------------------------------------------
    "explain title saliency": "Which pixels the answer depends on",
    "explain title occlusion": "What must not be covered",
    "explain title grad-cam": "Where the network sees the class",
    "explain lead": "The model {model} looked at {count:picture|pictures} ({source}).",
    "explain heading maps": "Pictures and their maps",
    "explain caption saliency": "By how much the score would change with each pixel, whichever way "
    "(the gradient; K. Simonyan et al., 2014). It is large where a small change tells, also on "
    "empty ground.",
    "explain caption occlusion": "By how much the score falls when a black square covers the place "
    "(M. Zeiler and R. Fergus, 2014). On black ground black covers nothing.",
    "explain caption grad-cam": "Where the last maps respond that speak for the class "
    "(R. Selvaraju et al., 2017). They are coarser than the picture.",
    "explain picture": "{name} as {label}",
    "explain heading areas": "How much of its answer is left while pixels are taken away",
    "explain column what": "which go first",
    "explain column area": "area under the curve",
    "explain random": "random ones",
    "explain bright": "the brightest",
    "explain map": "those the map calls important",
    "explain area": "{value:.3f}",
    "explain note areas": "The mean probability of the class while pixels become black one after "
    "the other (V. Petsiuk et al., 2018): the less is left, the better the order. Where black is "
    "the ground, taking the ink away is hard to beat, and needs no map.",
    "explain measured": "Area under the deletion curve, less is better; first went",
    # ---- classes ---------------------------------------------------------------------------------
    "explain title activation": "What the classifier looks for",
    "explain lead activation": "Pictures that move the model {model} most, one for each class.",
    "explain heading activation": "The best picture of each class, for the classifier",
    "explain caption activation": "Found from noise by following the gradient of the class's score "
    "(D. Erhan et al., 2009; K. Simonyan et al., 2014). They are no pictures of the class that a "
    "person would draw: they show how little of one is enough to persuade a classifier that has "
    "never seen anything else.",
    "explain heading shares": "How sure it is of them",
    "explain column class": "class",
    "explain column share": "probability",
    "explain share": "{value:.1%}",
    # ---- codes -----------------------------------------------------------------------------------
    "explain title latent": "The codes of the model {model}",
    "explain yours": "yours",
}
