"""What is said of the task: classify."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- options ---------------------------------------------------------------------------------
    "classify help": "say what pictures show",
    "classify help long": "Say what pictures show: the most probable classes of each, and how "
    "probable they are. Without pictures this is done with test pictures, and it is printed how "
    "often the classifier is right, beside a linear model and one that always says the same.",
    "classify help epilog": """examples:
  tinygen classify                            test digits, with accuracies
  tinygen classify seven.png scans            a picture of yours, and a folder
  tinygen train row-lstm                      makes a recurrent one, in tinygen-run/best.npz
  tinygen classify seven.png --model tinygen-run/best.npz""",
    "classify to classify": "classify pictures",
    # ---- what they show --------------------------------------------------------------------------
    "classify told": "{name}: {guesses}",
    "classify guess": "{name} ({share:.1%})",
    "classify mistake": "{guess}, not {truth}",
    # ---- the report ------------------------------------------------------------------------------
    "classify title": "What pictures show",
    "classify lead": "The model {model} looked at {count:picture|pictures} ({source}).",
    "classify heading guesses": "The most probable class of each",
    "classify caption guesses": "As the model saw them, with the class that it takes for most "
    "probable. A probability says how sure the model is, not how often it is right: it has to "
    "choose among its classes even where a picture shows none of them.",
    "classify alt guesses": "Pictures, each with a class and a probability above it.",
    "classify heading told": "The three most probable",
    "classify column picture": "picture",
    "classify column first": "first",
    "classify column second": "second",
    "classify column third": "third",
    "classify heading pictures": "Every picture by itself",
    "classify caption pictures": "As the model saw it.",
    "classify heading numbers": "How often that is right, of {count:test picture|test pictures}",
    "classify column what": "",
    "classify column accuracy": "accuracy",
    "classify column f1": "F1",
    "classify column auc": "AUC",
    "classify constant": "always the same class",
    "classify linear": "linear model of the pixels",
    "classify reached": "this model",
    "classify note numbers": "The linear model was fitted by least squares to {count:,} training "
    "pictures. F1 and AUC are means over the classes.",
    "classify share": "{value:.1%}",
    "classify area": "{value:.4f}",
    "classify other classes": "The model was made for other classes than those of {source}: it "
    "cannot be said how often it is right.",
}
