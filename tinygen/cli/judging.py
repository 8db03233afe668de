"""How good the pictures of a generator are, by a classifier that had no part in making them."""

from __future__ import annotations

import tinygen as tg
from tinygen.cli.drawing import classes_in_turn
from tinygen.cli.likelihoods import in_floats
from tinygen.cli.tables import print_table
from tinygen.data import ImageSet
from tinygen.io.messages import text
from tinygen.models import GAN, Classifier
from tinygen.models.pretrained import pretrained, weights_file
from tinygen.tasks.generate import Assessment, assess, generate
from tinygen.train.recipe import pictures_of, read_card

__all__ = ["evaluate_gan", "judge_of", "rows_of"]

JUDGE = "judge"
"""The model that ships for this."""

SEED = 0
"""Of the noise."""


def evaluate_gan(model: GAN, pictures: ImageSet, count: int) -> None:
    """Print what the judge says of samples, beside what it says of real pictures.

    Parameters
    ----------
    model : GAN
    pictures : ImageSet
        Like those that it has learned from.
    count : int
        How many are drawn.
    """
    judge = judge_of(pictures)
    if judge is None:
        print(text("no judge", name=pictures.name))
        return
    labels = None if model.classes is None else classes_in_turn(count, model.classes)
    tg.manual_seed(SEED)
    drawn = generate(model, count, labels)
    train, test = (
        tg.tensor(in_floats(pictures_of(images)))
        for images in (pictures.train_images, pictures.test_images)
    )
    print_table(rows_of(assess(drawn, train, test, judge, labels, pictures.test_labels)))
    print(text("judged", drawn=count, test=len(test)))


def judge_of(pictures: ImageSet) -> Classifier | None:
    """The classifier that comes with tinygen, if it knows pictures of this kind.

    Parameters
    ----------
    pictures : ImageSet

    Returns
    -------
    Classifier or None
    """
    with weights_file(JUDGE) as path:
        card = read_card(path)
    shape, classes = tuple(card.arguments["picture_shape"]), tuple(card.classes)
    if (pictures.picture_shape, pictures.classes) != (shape, classes):
        return None
    judge = pretrained(JUDGE)
    assert isinstance(judge, Classifier)
    return judge


def rows_of(found: Assessment) -> dict[str, str]:
    """An assessment as a table for people.

    Parameters
    ----------
    found : Assessment

    Returns
    -------
    dict of str to str
        What is shown, by the key of the message that says what it is.
    """

    def beside(how: str, key: str, ours: float, real: float) -> str:
        return text(how, value=text(key, value=ours), real=text(key, value=real))

    rows = {
        "score confidence": beside(
            "score beside", "score percent", found.confidence, found.real_confidence
        ),
        "score balance": beside("score floor", "score plain", found.balance, found.balance_floor),
        "score frechet": beside("score floor", "score short", found.frechet, found.frechet_floor),
        "score copying": beside(
            "score expected", "score percent", found.copying.nearer_to_train, found.copying.expected
        ),
    }
    if found.agreement is not None and found.real_agreement is not None:
        rows["score agreement"] = beside(
            "score beside", "score percent", found.agreement, found.real_agreement
        )
    return rows
