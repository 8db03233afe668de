from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.models import MADE, FastCNN, PointGAN, RowGenerator, create
from tinygen.models.cnn import Classifier
from tinygen.nn import Dense, Flatten, Identity
from tinygen.tasks import generate as task
from tinygen.tasks.generate import assess, generate, log_likelihood, nearest, opinion_of

TOY = (1, 3, 3)


class Eye(Classifier):
    """Stands for a judge of pictures of three pixels: how bright one is, is how sure it is of it.

    Its logits are ten times the pixels, and these are its features.
    """

    def __init__(self):
        super().__init__((1, 1, 3), 0.0, 1.0)
        self.convolutions, self.hidden, self.output = Identity(), Flatten(), Dense(3, 3)
        with tg.no_grad():
            self.output.weight.copy_(10 * tg.eye(3))
            self.output.bias.zero_()
        self.looks = 0

    def forward_features(self, images):
        self.looks += len(images)
        return super().forward_features(images)


def pictures_of(*pixels):
    """Pictures of three pixels each."""
    return tg.tensor(np.array(pixels, np.float32).reshape(-1, 1, 1, 3))


def shown(*classes):
    """A picture of each class: one pixel is white."""
    return pictures_of(*np.eye(3)[list(classes)])


# ---- drawing -----------------------------------------------------------------------------------


def small(name, **given):
    tg.manual_seed(0)
    sizes = {"vae": {"hidden": [8], "latent": 3}, "cgan": {"width": 4}, "made": {"hidden": [8]}}
    return create(name, **sizes[name], **given)


@pytest.mark.parametrize("name", ["vae", "cgan", "made"])
def test_it_draws_with_every_kind_of_model(name, backend):
    model = small(name).to(backend.device)

    pictures = generate(model, 5)

    assert pictures.shape == (5, 1, 28, 28)
    assert pictures.device == backend.device
    assert not pictures.requires_grad


def test_the_pictures_are_those_of_the_seed_and_the_options():
    model = small("made", picture_shape=TOY)
    tg.manual_seed(3)
    expected = values(model.sample(4, temperature=0.5))

    tg.manual_seed(3)
    assert np.array_equal(values(generate(model, 4, temperature=0.5)), expected)


def test_many_are_drawn_some_at_a_time(monkeypatch):
    model, asked = RowGenerator(units=4, classes=3, picture_shape=TOY), []
    original = model.sample
    monkeypatch.setattr(task, "CHUNK", 4)
    monkeypatch.setattr(
        model, "sample", lambda n, labels: asked.append(labels) or original(n, labels)
    )

    drawn = generate(model, 10, labels=[0, 1, 2, 0, 1, 2, 0, 1, 2, 0])

    assert drawn.shape == (10, *TOY)
    assert asked == [[0, 1, 2, 0], [1, 2, 0, 1], [2, 0]]


def test_it_draws_in_evaluation_mode_and_leaves_the_mode_alone():
    model = small("cgan").train()
    before = {name: array.copy() for name, array in model.state_dict().items()}

    tg.manual_seed(0)
    drawn = values(generate(model, 4, labels=[0, 1, 2, 3]))

    assert model.training
    assert all(np.array_equal(before[name], array) for name, array in model.state_dict().items())
    tg.manual_seed(0)
    assert np.array_equal(drawn, values(model.eval().sample(4, labels=[0, 1, 2, 3])))


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: generate(FastCNN(), 3), TypeError, "FastCNN draws no pictures.*: vae, conv-vae"),
        (lambda: generate(small("vae"), 0), ValueError, "n is at least 1, got 0"),
        (lambda: generate(small("cgan"), 3, labels=[1]), ValueError, "3 .* as many labels, got 1"),
        (lambda: generate(small("vae"), 1, labels=[1]), ValueError, "unconditional"),
    ],
)
def test_what_cannot_be_drawn_is_refused(use, error, message):
    with pytest.raises(error, match=message):
        use()


# ---- likelihood --------------------------------------------------------------------------------


def test_the_likelihoods_of_all_pictures_of_an_autoregressive_model_add_up_to_one(monkeypatch):
    model = MADE([8], classes=2, picture_shape=(1, 2, 2))
    bits = (np.arange(16)[:, None] >> np.arange(4)) & 1
    everything = tg.tensor(bits.reshape(16, 1, 2, 2).astype(np.float32))
    monkeypatch.setattr(task, "CHUNK", 5)

    found = log_likelihood(model, everything, np.ones(16, np.int64))

    assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)


def test_that_of_a_vae_is_estimated_by_many_codes():
    """A decoder that does not look at its code gives independent pixels: no estimate is off."""
    model = small("vae", picture_shape=TOY)
    with tg.no_grad():
        for parameter in model.decoder.parameters():
            parameter.zero_()
        for parameter in model.encoder.parameters():
            parameter.zero_()

    found = log_likelihood(model, tg.ones(4, *TOY))

    np.testing.assert_allclose(found, 9 * np.log(0.5), rtol=1e-5)


def test_a_gan_has_none():
    assert log_likelihood(small("cgan"), tg.ones(2, 1, 28, 28)) is None
    assert log_likelihood(PointGAN(), tg.ones(2, 2)) is None


# ---- the judge ---------------------------------------------------------------------------------


def test_the_opinion_of_a_judge_is_what_it_says_from_one_pass(backend):
    judge = Eye().to(backend.device)
    pictures = pictures_of([1, 0, 0], [0.2, 0.8, 0], [0, 0.6, 0.4], [0, 1, 0])

    opinion = opinion_of(judge, pictures)

    assert judge.looks == 4
    on_device = pictures.to(backend.device)
    np.testing.assert_allclose(opinion.probabilities, values(judge.predict_proba(on_device)))
    np.testing.assert_allclose(opinion.features, values(pictures).reshape(4, 3), rtol=1e-6)
    assert opinion.guesses.tolist() == [0, 1, 1, 1]
    assert opinion.shares.tolist() == [1 / 4, 3 / 4, 0]
    assert opinion.agreement([0, 1, 2, 1]) == 3 / 4
    sure = [np.exp(10 * row).max() / np.exp(10 * row).sum() for row in opinion.features]
    assert opinion.confidence == pytest.approx(np.mean(sure), rel=1e-5)


def test_a_judge_sees_eight_bits():
    opinion = opinion_of(Eye(), pictures_of([0.5, 0.1, 0.9999], [0, 1, 0.3]))

    expected = np.array([[128, 26, 255], [0, 255, 76]]) / 255  # 127.5 is rounded to even
    np.testing.assert_allclose(opinion.features, expected, rtol=1e-6)


def test_an_assessment_by_hand():
    """Four pictures, of which two are copies; all classes are as frequent in the real ones."""
    train, test = shown(0, 1, 2, 0, 1, 2), pictures_of([0.9, 0, 0], [0, 0.9, 0], [0, 0, 0.9])
    drawn = pictures_of([1, 0, 0], [1, 0, 0], [0.8, 0, 0], [0, 0, 0.8])

    found = assess(drawn, train, test, Eye(), labels=[0, 0, 1, 2], test_labels=[0, 1, 0])

    assert found.agreement == 3 / 4
    assert found.real_agreement == pytest.approx(2 / 3)
    assert found.classes == 2
    assert found.balance == pytest.approx((3 / 4 - 1 / 3 + 1 / 3 + 1 / 3 - 1 / 4) / 2)
    assert found.balance_floor == pytest.approx((1 / 2 - 1 / 3 + 1 / 12 + 1 / 12) / 2)
    assert found.real_confidence == pytest.approx(np.exp(9) / (np.exp(9) + 2), rel=1e-3)
    assert found.copying.nearer_to_train == 1 / 2
    assert found.copying.expected == 6 / 9
    assert found.copying.to_train == pytest.approx((0.2 + 0.2) / 4)


def test_the_training_pictures_themselves_are_at_the_floor_and_are_copies():
    chance = np.random.default_rng(0)
    train, test = (pictures_of(*chance.random((count, 3))) for count in (50, 20))

    found = assess(train[:10], train, test, Eye())

    assert found.frechet == found.frechet_floor > 0
    assert found.balance == found.balance_floor
    assert found.copying.nearer_to_train == 1
    assert found.agreement is None
    assert found.real_agreement is None


def test_the_test_pictures_themselves_have_no_distance():
    chance = np.random.default_rng(0)
    train, test = (pictures_of(*chance.random((count, 3))) for count in (50, 20))

    found = assess(test, train, test, Eye())

    assert found.frechet == pytest.approx(0, abs=1e-10)
    assert found.balance == 0
    assert found.confidence == found.real_confidence


def test_each_picture_is_judged_once():
    judge, chance = Eye(), np.random.default_rng(0)
    train, test = (pictures_of(*chance.random((count, 3))) for count in (50, 20))

    assess(train[:10], train, test, judge, labels=[0] * 10, test_labels=[0] * 20)

    assert judge.looks == 10 + 10 + 20


def test_only_some_are_looked_up_among_real_ones(monkeypatch):
    monkeypatch.setattr(task, "COMPARED", 1)

    copied_and_not = pictures_of([1, 0, 0], [0.9, 0, 0])
    found = assess(copied_and_not, shown(0, 1), pictures_of([0.9, 0, 0], [0, 1, 0]), Eye())

    assert found.copying.nearer_to_train == 1


def test_one_picture_has_no_spread():
    with pytest.raises(ValueError, match="two pictures at least"):
        assess(shown(0), shown(0, 1), shown(0, 1), Eye())


def test_a_judge_of_other_pictures_is_no_judge():
    with pytest.raises(ValueError, match="Eye takes pictures of shape"):
        assess(tg.rand(2, 1, 28, 28), shown(0, 1), shown(0, 1), Eye())


# ---- copies ------------------------------------------------------------------------------------


def test_the_nearest_are_found_as_by_looking_at_all(backend):
    chance = np.random.default_rng(0)
    train, drawn = (chance.random((count, 2, 3, 3)).astype(np.float32) for count in (40, 6))
    drawn[2] = train[17]

    found = nearest(*(tg.tensor(some).to(backend.device) for some in (drawn, train)), k=3)

    all_distances = np.sqrt(((drawn[:, None] - train[None]) ** 2).sum((2, 3, 4), dtype=np.float64))
    assert np.array_equal(found.indices, all_distances.argsort(1)[:, :3])
    np.testing.assert_allclose(found.distances, np.sort(all_distances, 1)[:, :3], rtol=1e-5)
    assert found.distances[2, 0] == 0


def test_pictures_of_another_shape_have_no_nearest():
    with pytest.raises(ValueError, match=r"got pictures of \(1, 3, 3\) .* of \(1, 1, 9\)"):
        nearest(tg.rand(2, *TOY), tg.rand(3, 1, 1, 9))
