from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import tinygen as tg
from tests.ops.cases.ctc import probability
from tinygen.data import draw_strips
from tinygen.gradcheck import gradcheck
from tinygen.io import save_checkpoint
from tinygen.models import from_checkpoint
from tinygen.models.reader import CHUNK, StripCNN, StripReader, beam_search, best_path
from tinygen.nn import functional as F
from tinygen.optim import Adam
from tinygen.train.recipe import labels_read_by, size_of

KINDS = [StripReader, StripCNN]

SMALL = {
    StripReader: {"classes": 3, "channels": [2, 3, 4], "units": 3, "picture_shape": [1, 8, 20]},
    StripCNN: {
        "classes": 3, "longest": 2, "channels": [2, 3], "units": 4, "picture_shape": [1, 8, 20]
    },
}  # fmt: skip
"""So small that every weight can be looked at."""


@pytest.fixture(params=KINDS)
def kind(request):
    """Both kinds of readers."""
    return request.param


def small(kind, **options):
    tg.manual_seed(0)
    return kind(**{**SMALL[kind], **options})


def batch(dtype=np.float32):
    """Four pictures with texts of 2, 1, 2 and no letters."""
    images = np.random.default_rng(0).random((4, 1, 8, 20)).astype(dtype)
    labels = np.array([[0, 2], [1, -1], [2, 2], [-1, -1]])
    return tg.tensor(images), tg.tensor(labels)


def strips(count, seed=0):
    drawn = draw_strips(count, seed, (1, 5))
    labels = np.full((count, 5), -1)
    for row, text in zip(labels, drawn.texts, strict=True):
        row[: len(text)] = [int(letter) for letter in text]
    return tg.tensor(drawn.images[:, None].astype(np.float32) / 255), tg.tensor(labels)


def outputs(model, images):
    with tg.no_grad():
        made = model(images)
    return [one.cpu().numpy() for one in (made if isinstance(made, tuple) else (made,))]


def log_shares(*shape, seed=0):
    logits = 2 * np.random.default_rng(seed).standard_normal(shape)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


# ---- the networks --------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "steps"), [(168, 84), (167, 84), (40, 20), (1, 1)])
def test_a_strip_of_any_width_has_an_output_for_every_second_column(width, steps, backend):
    model = StripReader().to(backend.device)

    log_probs = model(tg.rand(2, 1, 28, width, device=backend.device))

    assert log_probs.shape == (2, steps, 11)
    assert log_probs.dtype == np.float32
    assert log_probs.device == backend.device
    sums = log_probs.exp().sum(2).detach().cpu().numpy()
    np.testing.assert_allclose(sums, 1, rtol=1e-4)


@pytest.mark.parametrize("shape", [(1, 28, 168), (3, 32, 90), (1, 5, 7)])
def test_they_take_lines_of_any_height_and_colour(kind, shape):
    model = kind(classes=4, picture_shape=shape)

    assert len(model.predict(tg.rand(3, *shape))) == 3


def test_the_network_for_whole_lines_has_a_head_for_the_length_and_one_for_each_letter(backend):
    model = StripCNN(classes=7, longest=3, picture_shape=(1, 20, 50)).to(backend.device)

    length, letters = model(tg.rand(2, 1, 20, 50, device=backend.device))

    assert length.shape == (2, 4)
    assert letters.shape == (2, 3, 7)


def test_every_column_is_read_from_both_sides():
    """What is said at a place depends on the first column of pixels and on the last."""
    model, images = small(StripReader).eval(), batch()[0][:1].requires_grad_()

    (slopes,) = tg.grad(model(images)[0, 5, 1], images)

    assert (np.abs(slopes.numpy()).sum((0, 1, 2)) > 0).all()


def test_it_does_not_matter_where_a_whole_line_begins(backend):
    """Up to the right border, where what is moved in is empty."""
    model = small(StripCNN).to(backend.device).eval()
    ink = np.random.default_rng(0).random((2, 1, 8, 9)).astype(np.float32) + 0.3
    lines = np.zeros((6, 2, 1, 8, 20), np.float32)
    for number, place in enumerate((0, 1, 5, 11)):
        lines[number, :, :, :, place : place + 9] = np.minimum(ink, 1)
    lines[4, :, :, :, 14:] = np.minimum(ink, 1)[..., :6]

    made = [outputs(model, tg.tensor(line, device=backend.device)) for line in lines]

    for other in made[1:4]:
        for one, same in zip(made[0], other, strict=True):
            np.testing.assert_allclose(same, one, rtol=1e-5, atol=1e-6)
    assert not np.allclose(made[4][0], made[0][0])  # a part of it is not in the picture
    assert not np.allclose(made[5][0], made[0][0])  # there is nothing in it


def test_they_are_small_enough_to_ship():
    assert [size_of(kind()) < 400_000 for kind in KINDS] == [True, True]


def test_every_backend_gives_the_same_numbers(kind, backend):
    def numbers(device):
        model = small(kind).to(device)
        images, labels = (part.to(device) for part in batch())
        loss, shown = model.training_step((images, labels))
        return model.predict(images), shown["right"], [loss.item(), *outputs(model.eval(), images)]

    (texts, right, expected), (read, counted, computed) = numbers("cpu"), numbers(backend.device)

    assert read == texts
    assert counted == right
    for one, other in zip(expected, computed, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-5)


def test_every_parameter_has_the_right_slope(kind):
    model = small(kind, picture_shape=[1, 8, 12]).to(tg.float64)
    images, labels = batch(np.float64)
    given = images[:, :, :, :12], labels

    assert gradcheck(
        lambda *_: model.training_step(given)[0],
        list(model.parameters()),
        eps=1e-6,
        rtol=1e-5,
        atol=1e-7,
        fast_mode=True,
    )


# ---- learning ------------------------------------------------------------------------------------


def test_the_loss_of_the_reader_of_columns_is_the_mean_over_letters():
    model, (images, labels) = small(StripReader), batch()
    with tg.no_grad():
        log_probs = model(images).numpy().astype(np.float64)

    loss, _ = model.training_step((images, labels))

    texts = [[letter for letter in row if letter >= 0] for row in labels.tolist()]
    losses = []
    for shares, text in zip(log_probs, texts, strict=True):
        said = tuple(letter + 1 for letter in text)
        cut = shares[:6]  # all paths of 10 steps would be too many
        one = F.ctc_loss(tg.tensor(cut), tg.tensor(said).long(), 6, len(said), reduction="sum")
        assert one.item() == pytest.approx(-math.log(probability(cut, said, 0)))
        whole = F.ctc_loss(
            tg.tensor(shares), tg.tensor(said).long(), len(shares), len(said), reduction="sum"
        )
        losses.append(whole.item() / max(len(said), 1))
    assert loss.item() == pytest.approx(np.mean(losses), rel=1e-4)


def test_the_loss_of_the_reader_of_lines_is_minus_the_log_probability_of_the_text():
    """Goodfellow et al. (2014), section 4: P(n) P(first) ... P(nth)."""
    model, (images, labels) = small(StripCNN), batch()
    length, letters = (part.astype(np.float64) for part in outputs(model, images))

    loss, _ = model.training_step((images, labels))

    total = 0.0
    for number, row in enumerate(labels.tolist()):
        text = [letter for letter in row if letter >= 0]
        for logits, right in [
            (length[number], len(text)),
            *zip(letters[number], text, strict=False),
        ]:
            total += math.log(np.exp(logits).sum()) - logits[right]
    assert loss.item() == pytest.approx(total / 4, rel=1e-4)


def test_at_first_all_letters_are_as_likely():
    images, labels = strips(40)
    mean_length = (labels.numpy() >= 0).sum(1).mean()
    tg.manual_seed(0)

    loss, _ = StripCNN().training_step((images, labels))
    assert loss.item() == pytest.approx(math.log(6) + mean_length * math.log(10), rel=0.2)

    log_probs = outputs(StripReader(), images)[0]
    assert -log_probs.mean() == pytest.approx(math.log(11), rel=0.1)


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [(StripReader, {"channels": [8, 16, 24], "units": 24}), (StripCNN, {"channels": [8, 16]})],
)
def test_they_learn_twenty_lines_by_heart(kind, sizes):
    model = small(kind, **sizes)
    images = tg.rand(20, 1, 8, 20)
    labels = tg.tensor([[n % 3, -1 if n % 5 == 0 else n % 2] for n in range(20)])
    optimizer = Adam(model.parameters(), lr=0.02)

    for _ in range(100):
        loss, numbers = model.training_step((images, labels))
        optimizer.zero_grad()
        loss.backward()
        tg.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    assert numbers["right"] > 0.9
    assert loss.item() < 0.5


def test_they_are_told_texts(kind):
    assert labels_read_by(small(kind)) == "text"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2, 0], r"shape \(N, L\), .*got \(4,\) for 4 pictures"),
        ([[0, 1]], r"got \(1, 2\) for 4 pictures"),
        ([[0, 3]] * 4, "letters from 0 to 2, .* got numbers from 0 to 3"),
        ([[0, -2]] * 4, "got numbers from -2 to 0"),
        ([[-1, 0]] * 4, "and -1 before a letter"),
    ],
)
def test_labels_that_are_no_texts_are_refused(kind, labels, message):
    with pytest.raises(ValueError, match=message):
        small(kind).training_step((batch()[0], tg.tensor(labels)))


def test_texts_that_are_too_long_for_all_heads_are_refused():
    labels = tg.tensor([[0, 1, 2]] * 4)

    with pytest.raises(ValueError, match=r"up to 2 letters, .* make one with longest=3"):
        small(StripCNN).training_step((batch()[0], labels))


# ---- finding the text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([0, 1, 1, 0, 1, 2], [0, 0, 1]),
        ([1, 1, 1, 1], [0]),
        ([0, 0], []),
        ([2, 1, 2, 0, 2], [1, 0, 1, 1]),
    ],
)
def test_a_path_is_read_without_repetitions_first_and_blanks_then(path, text, backend):
    log_probs = np.log(np.eye(3)[path] * 0.9 + 0.03)

    assert best_path(tg.tensor(log_probs[None], device=backend.device)) == [text]


def test_the_blank_may_be_another():
    log_probs = np.log(np.eye(3)[[0, 2, 0, 1]] * 0.9 + 0.03)

    assert best_path(tg.tensor(log_probs[None]), blank=2) == [[0, 0, 1]]
    assert beam_search(tg.tensor(log_probs[None]), blank=2) == [[0, 0, 1]]
    assert best_path(tg.tensor(log_probs[None]), blank=1) == [[0, 1, 0]]


def most_probable(log_probs):
    """Of all texts, by all paths of each."""
    steps, letters = log_probs.shape
    texts = [
        text
        for length in range(steps + 1)
        for text in itertools.product(range(1, letters), repeat=length)
    ]
    best = max(texts, key=lambda text: probability(log_probs, text, 0))
    return [letter - 1 for letter in best]


@pytest.mark.parametrize(("steps", "letters"), [(4, 3), (5, 2), (3, 4)])
def test_a_wide_beam_finds_the_most_probable_of_all_texts(steps, letters, backend):
    log_probs = log_shares(6, steps, letters, seed=steps)

    found = beam_search(tg.tensor(log_probs, device=backend.device), width=1000)

    assert found == [most_probable(one) for one in log_probs]


def test_the_best_path_need_not_say_the_most_probable_text():
    """Nothing is the best at each step, but a letter at either is more probable in sum."""
    log_probs = tg.tensor(np.log([[[0.6, 0.4], [0.6, 0.4]]]))

    assert best_path(log_probs) == [[]]
    assert beam_search(log_probs) == [[0]]


def test_a_beam_of_one_follows_a_single_beginning():
    found = beam_search(tg.tensor(log_shares(3, 8, 4)), width=1)

    assert len(found) == 3
    with pytest.raises(ValueError, match="at least one beginning, got width=0"):
        beam_search(tg.tensor(log_shares(1, 2, 3)), width=0)


def test_a_beam_survives_a_thousand_steps():
    """Its probabilities would be too small for a float without being scaled."""
    path = [1, 0, 2, 0] * 250
    log_probs = np.log(np.eye(3)[path] * 0.1 + 0.3)

    (text,) = beam_search(tg.tensor(log_probs[None]), width=3)

    assert set(text) <= {0, 1}
    assert len(text) > 10


@pytest.mark.parametrize("seed", range(3))
def test_the_most_probable_length_and_letters_are_found_together(seed):
    """The best length alone may need letters that are not sure at all."""
    model, images = small(StripCNN).eval(), batch()[0]
    tg.manual_seed(seed)
    with tg.no_grad():
        for parameter in model.parameters():
            parameter.copy_(tg.randn(*parameter.shape))
    length, letters = outputs(model, images)

    found = model.predict(images)

    shares = [np.exp(F.log_softmax(tg.tensor(x), -1).numpy()) for x in (length, letters)]
    for number, text in enumerate(found):
        texts = [t for n in range(3) for t in itertools.product(range(3), repeat=n)]
        chances = {
            t: shares[0][number, len(t)]
            * np.prod([shares[1][number, place, letter] for place, letter in enumerate(t)])
            for t in texts
        }
        assert tuple(text) == max(chances, key=chances.get)


# ---- use -----------------------------------------------------------------------------------------


def test_many_lines_are_read_some_at_a_time_and_the_model_is_as_before(kind):
    model = small(kind)
    images = tg.rand(CHUNK + 2, 1, 8, 20)
    before = model.state_dict()
    counts = []
    model.convolutions.register_forward_hook(lambda _, __, maps: counts.append(len(maps)))

    texts = model.predict(images)

    assert counts == [CHUNK, 2]
    assert len(texts) == CHUNK + 2
    assert model.training
    assert all(np.array_equal(before[name], kept) for name, kept in model.state_dict().items())


def test_a_search_reads_what_is_clear_as_the_best_path_does():
    model = small(StripReader).eval()
    with tg.no_grad():
        model.output.bias[0] = 30.0
    images = batch()[0]

    assert model.search(images) == model.predict(images) == [[], [], [], []]


def test_a_saved_model_reads_the_same(kind, tmp_path):
    model, (images, _) = small(kind), batch()
    path = tmp_path / "model.npz"
    save_checkpoint(path, model=model, architecture=model.name, arguments=SMALL[kind])

    loaded = from_checkpoint(path)

    assert type(loaded) is kind
    assert loaded.predict(images) == model.predict(images)
    for one, other in zip(outputs(loaded, images), outputs(model.eval(), images), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StripReader(classes=0), "classes must be at least 1, got 0"),
        (lambda: StripReader(channels=(4, 4)), r"three convolutions, got channels=\[4, 4\]"),
        (lambda: StripReader(units=0), "hidden_size must be a positive integer, got 0"),
        (lambda: StripCNN(longest=0), "longest must be at least 1, got 0"),
        (lambda: StripCNN(units=0), "units must be at least 1, got 0"),
        (lambda: StripCNN(channels=()), "channels must be at least 1, got 0"),
        (lambda: small(StripReader).predict(tg.rand(2, 1, 9, 20)), r"got \(2, 1, 9, 20\)"),
        (lambda: small(StripReader).search(tg.rand(1, 8, 20)), r"got \(1, 8, 20\)"),
        (lambda: small(StripReader).predict(tg.rand(2, 1, 8, 9) * 255), "divide bytes by 255"),
        (lambda: small(StripCNN).predict(tg.rand(2, 1, 8, 21)), r"shape \(N, 1, 8, 20\)"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
