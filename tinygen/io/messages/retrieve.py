"""What is said of the task: retrieve."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- options ---------------------------------------------------------------------------------
    "retrieve help": "find the pictures that are most like a given one",
    "retrieve help long": "Find the pictures of a collection that are most like a given one, by "
    "what a model sees in them. Without pictures this is done with test pictures, and it is "
    "printed how many results show the same, beside searches by the pixels and by their principal "
    "components.",
    "retrieve help epilog": """examples:
  tinygen retrieve                            test digits, among training digits
  tinygen retrieve seven.png --gallery scans  a picture of yours, in a folder of yours
  tinygen retrieve --model vae --k 5          by the codes of an autoencoder""",
    "retrieve help gallery": "the folder of pictures to be searched, or {default} for the training "
    "pictures of the test pictures' set (default: {default})",
    "retrieve help k": "how many pictures to find (default: {default})",
    "retrieve help metric": "how far two pictures are apart: by the length of the difference of "
    "their vectors, or by the angle between them (default: cosine)",
    "retrieve to compare": "compare pictures",
    "retrieve no gallery": "there are no training pictures of {channels} x {height} x {width} "
    "pixels, which this model takes: name a folder with --gallery",
    "retrieve searched": "Searched were the first {count:,} training pictures of {name}.",
    "retrieve training": "training picture {number} ({name})",
    "retrieve in gallery": "In the gallery: {note}",
    # ---- the report ------------------------------------------------------------------------------
    "retrieve title": "Pictures that are alike",
    "retrieve lead": "For {count:picture|pictures} ({source}), the most similar of {size:,} "
    "({gallery}) by what the model {model} sees in them.",
    "retrieve found": "{name}: {found}",
    "retrieve query": "query",
    "retrieve heading": "What was found, the most similar first",
    "retrieve caption": "At the left what was looked for.",
    "retrieve heading numbers": "How many results show the same, for "
    "{count:test picture|test pictures}",
    "retrieve column what": "",
    "retrieve column precision": "precision@{k}",
    "retrieve column map": "mAP",
    "retrieve pixels": "pixels",
    "retrieve components": "as many principal components",
    "retrieve model": "this model",
    "retrieve note numbers": "mAP is the mean average precision of the first {cutoff:,} results. "
    "The model sees {size} numbers in a picture. A classifier that was trained on the same classes "
    "is at an advantage: it looks for what it was taught.",
    "retrieve share": "{value:.1%}",
    "retrieve measured": "Share of the first {k} results that show the same, by",
}
