"""What is said of drawn pictures: how like real ones they are, and whether they were copied."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model pixelcnn": "draws pixel by pixel, convolutional",
    # ---- tinygen generate --report ---------------------------------------------------------------
    "assess help report": "also judge the pictures, look up the training pictures that they are "
    "nearest to, and write a page about it (index.html) with all numbers (results.json)",
    "assess help offline": "with --report: never ask the network for the training pictures",
    "assess no data": "{source} does not say which pictures it has learned from, and --report "
    "compares with them: leave it out, or train the model by tinygen train",
    "assess other data": "{name} has changed since {source} learned from it: it has other classes, "
    "pictures of another size, or no test pictures. Leave --report out, or train the model again",
    "assess title": "Pictures by the model {model}",
    "assess lead": "{count:,} pictures drawn by {source}, with seed {seed}. How like real pictures "
    "they are, and whether any is a copy.",
    "assess noise": "noise",
    "assess train": "training pictures",
    "assess drawn": "{model}",
    "assess pixels": "independent pixels",
    "assess heading judge": "What a classifier says of {count:,} pictures",
    "assess column what": "",
    "assess column confidence": "confidence",
    "assess column balance": "distance of class shares",
    "assess column frechet": "Fréchet distance",
    "assess column copying": "nearer to training",
    "assess column agreement": "agreement",
    "assess column nll": "negative log-likelihood",
    "assess note judge": "By the classifier that comes with tinygen, which took no part in "
    "drawing. Both distances are from {test:,} test pictures: no model can be expected to get "
    "below what the training pictures have. Of the test pictures the classifier is "
    "{confidence:.1%} sure, and right about {accuracy:.1%}. A model that copies nothing is nearer "
    "to a training than to any test picture in {expected:.1%} of cases; the training pictures "
    "always are.",
    "assess note binary": " The model knows black and white only, so it was compared with real "
    "pictures whose pixels were drawn black or white by their greys.",
    "assess heading nll": "How well it predicts {count:,} test pictures",
    "assess note exact": "Exact. The test pictures have black and white pixels, drawn by their "
    "greys; the less, the better.",
    "assess note estimated": "Estimated with 100 codes for each picture: it tends to come out too "
    "high. The test pictures have black and white pixels, drawn by their greys; the less, the "
    "better.",
    "assess heading nearest": "The training pictures nearest to them",
    "assess caption nearest": "A drawn picture, the training picture that differs least from it, "
    "and the difference. On average they are {distance:.2f} apart, the root of the sum of squared "
    "differences; a copy would be at 0.",
    "assess picture": "{number} ({label})",
    "assess heading grid": "The pictures",
    "assess caption grid": "All that were drawn, in the order in which they were drawn: none was "
    "chosen.",
    "assess alt grid": "A grid of {count:,} drawn pictures.",
}
