"""What the registry's cases do not say of tinygen/ops/more: refusals, identities, statistics."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygen as tg
import tinygen.nn.functional as F
from tests.ops.registry import arrays, placed
from tinygen.gradcheck import gradcheck, gradgradcheck

STRICT = {"eps": 1e-5, "atol": 1e-8, "rtol": 1e-6}


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


def normal(rng, *shape, **options):
    return tg.tensor(rng.normal(size=shape), **options)


# ---- loaded when asked for -------------------------------------------------------------------

TRAINS_A_CNN = """
import sys
import tinygen as tg
from tinygen import nn

model = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Dropout(0.5), nn.Dense(16, 3),
)
optimizer = tg.optim.Adam(model.parameters())
loss = nn.CrossEntropyLoss()(model(tg.randn(2, 1, 4, 4)), tg.tensor([0, 2]))
loss.backward()
nn.utils.clip_grad_norm_(model.parameters(), 1.0)
optimizer.step()
late = ("tinygen.ops.more", "tinygen.nn.more", "tinygen.nn.spectral_norm")
print([name for name in sys.modules if name.startswith(late)])
"""


def output_of(program):
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.strip()


def test_training_a_cnn_never_loads_what_it_does_not_need():
    assert output_of(TRAINS_A_CNN) == "[]"


@pytest.mark.parametrize(
    "name", ["einsum", "nn.functional.group_norm", "nn.GroupNorm", "nn.utils.spectral_norm"]
)
def test_the_first_mention_loads_it(name):
    assert output_of(f"import tinygen as tg; print(callable(tg.{name}))") == "True"


@pytest.mark.parametrize("room", [tg, tg.nn, F, tg.nn.utils], ids=lambda room: room.__name__)
def test_a_name_that_does_not_exist_is_an_attribute_error(room):
    with pytest.raises(AttributeError, match="einsumm"):
        _ = room.einsumm


# ---- einsum ----------------------------------------------------------------------------------

EQUATIONS = [
    "ij->ji", "ijk->kij", "ij", "ba", "bA", "ij->", "ij->j", "ijk->k", "->", " i j -> j i ",
    "ii", "ii->i", "iji->j", "ijj->ij", "iii", "iijj->ji", "ijij->",
    "i,i", "i,j", "i,j->ji", "i,i->i", "ij,ij->ij", "ij,ij->ji", "ij,ji", ",i", "i,->i",
    "ij,jk", "ij,kj->ik", "ji,jk->ki", "ij,j", "ij,jk->", "ij,jk->k", "ii,ij->j", "ij,kk->ji",
    "bij,bjk->bik", "bij,bjk->ik", "bij,bij->b", "bhqd,bkhd->bqhk", "bi,ijk,bk->bj",
    "ij,jk,kl", "ij,jk,kl->ijl", "i,i,i->i", "i,j,k->kji", "ij,ik,il->jkl", "ab,bc,ca",
]  # fmt: skip
BROADCAST = {
    "...": [(2, 3)],
    "...->...": [(2, 3)],
    "i...->...": [(2, 3, 2)],
    "...i->i...": [(2, 3, 2)],
    "...ii->...i": [(2, 3, 3)],
    "...,...": [(2, 3), (3,)],
    "i...,...": [(2, 1, 3), (4, 1)],
    "...ij,...jk->...ik": [(4, 1, 2, 3), (2, 3, 2)],
    "...ij,jk": [(2, 2, 3), (3, 2)],
    "b...i,...i->b...": [(2, 3, 4), (1, 4)],
    "...i,i...->...": [(2, 3), (3, 1)],
}


@st.composite
def operands(draw, equation):
    """Arrays of an equation's shapes: now and then empty, or of length 1 and to be stretched."""
    letters = equation.partition("->")[0].replace(" ", "").split(",")
    lengths = {letter: draw(st.sampled_from([2, 3, 1, 0])) for letter in "".join(letters)}
    shapes = [
        tuple(
            1 if part.count(letter) == 1 and draw(st.integers(0, 9)) == 0 else lengths[letter]
            for letter in part
        )
        for part in letters
    ]
    return [draw(arrays(shape)) for shape in shapes]


def is_numpys_einsum(backend, equation, values):
    """The value against NumPy's, first and second derivatives against differences."""
    inputs = placed(values, backend, "float64", requires_grad=True)

    result = tg.einsum(equation, *inputs).detach().cpu().numpy()

    np.testing.assert_allclose(result, np.einsum(equation, *values), rtol=1e-12, atol=1e-12)
    assert gradcheck(lambda *x: tg.einsum(equation, *x), inputs, **STRICT, fast_mode=True)
    assert gradgradcheck(lambda *x: tg.einsum(equation, *x), inputs, **STRICT, fast_mode=True)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum_is_numpys(backend, equation):
    @settings(max_examples=6 if backend.name == "numpy" else 1)
    @given(operands(equation))
    def check(values):
        is_numpys_einsum(backend, equation, values)

    check()


@pytest.mark.parametrize("equation", BROADCAST)
def test_einsum_broadcasts_under_the_ellipsis(backend, rng, equation):
    is_numpys_einsum(backend, equation, [rng.normal(size=shape) for shape in BROADCAST[equation]])


def test_einsum_sums_over_the_ellipsis_if_the_result_does_not_have_it(rng):
    x = normal(rng, 2, 3, 4)

    np.testing.assert_allclose(tg.einsum("...i->i", x).numpy(), x.numpy().sum((0, 1)), rtol=1e-12)


def test_einsum_of_integers_is_exact():
    a, b = tg.tensor([[1, 2], [3, 4]]), tg.tensor([[10], [100]])

    product = tg.einsum("ij,jk->ik", a, b)

    assert product.dtype == np.int64
    assert product.tolist() == [[210], [430]]


def test_einsum_has_third_derivatives(backend, rng):
    x, y = (tg.tensor(rng.normal(size=(2, 2)), device=backend.device) for _ in range(2))
    x.requires_grad_()

    def second(x):
        (first,) = tg.grad(tg.einsum("ij,jk,kj,ii->", x, x, y, x), x, create_graph=True)
        return tg.grad((first * y).sum(), x, create_graph=True)[0]

    assert gradcheck(second, x, **STRICT)


def test_attention_by_einsum_is_attention_by_matmul(backend, rng):
    q, k = (tg.tensor(rng.normal(size=(2, 3, 4, 5)), device=backend.device) for _ in range(2))

    scores = tg.einsum("bhqd,bhkd->bhqk", q, k)

    expected = q.matmul(k.transpose(-1, -2))
    np.testing.assert_allclose(scores.cpu().numpy(), expected.cpu().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk", [(2, 3)], "describes 2 operands, 1 were given"),
        ("ij", [(2, 3), (3, 4)], "describes 1 operands, 2 were given"),
        ("ij,jk->ik", [(2, 3), (4, 5)], r"'j' .* 4 in operand 1, but 3 .*\(2, 3\), \(4, 5\)"),
        ("ii", [(2, 3)], "'i' .* length 3 in operand 0, but 2"),
        ("ii", [(1, 3)], "'i' .* length 3 in operand 0, but 1"),
        ("ij", [(2,)], "names 2 dimensions, but operand 0 has 1"),
        ("i", [(2, 3)], "names 1 dimensions, but operand 0 has 2"),
        ("i...j", [(2,)], "names 2 dimensions, but operand 0 has 1"),
        ("ij->ik", [(2, 3)], "'k' is in no operand"),
        ("ij->ii", [(2, 3)], "'i' occurs twice in the result"),
        ("i1->i", [(2, 3)], "cannot read 'i1'"),
        ("i..j", [(2, 3)], "cannot read 'i..j'"),
        ("...i...", [(2, 3)], "cannot read"),
        ("ij->i->j", [(2, 3)], "cannot read 'i->j'"),
        ("...i,...i->...", [(2, 3), (4, 3)], "length 4 in operand 1, but 2"),
    ],
)
def test_einsum_says_what_does_not_fit(rng, equation, shapes, message):
    with pytest.raises(ValueError, match=message):
        tg.einsum(equation, *(normal(rng, *shape) for shape in shapes))


def test_einsum_wants_the_equation_first(rng):
    with pytest.raises(TypeError, match="the equation comes first"):
        tg.einsum(normal(rng, 2, 2), "ij->ji")


# ---- normalization ---------------------------------------------------------------------------


def test_one_group_is_a_layer_norm_and_a_group_per_channel_an_instance_norm(backend, rng):
    x = tg.tensor(rng.normal(size=(2, 4, 3, 5)), device=backend.device)

    def same(a, b):
        np.testing.assert_allclose(a.cpu().numpy(), b.cpu().numpy(), rtol=1e-12, atol=1e-12)

    same(F.group_norm(x, 1), F.layer_norm(x, (4, 3, 5)))
    same(F.group_norm(x, 4), F.instance_norm(x))


@pytest.mark.parametrize("batch", [1, 3])
def test_instance_norm_moves_running_statistics_towards_the_mean_over_samples(backend, rng, batch):
    x = rng.normal(2, 3, size=(batch, 2, 4, 5))
    mean, var = rng.normal(size=2), rng.uniform(1, 2, size=2)
    running = [tg.tensor(r, device=backend.device) for r in (mean, var)]
    inputs = tg.tensor(x, device=backend.device, requires_grad=True)

    y = F.instance_norm(inputs, *running, momentum=0.3)

    moved = [0.7 * mean, 0.7 * var]
    for sample in x:
        moved[0] += 0.3 / batch * sample.mean((1, 2))
        moved[1] += 0.3 / batch * sample.var((1, 2), ddof=1)
    for r, expected in zip(running, moved, strict=True):
        np.testing.assert_allclose(r.cpu().numpy(), expected, rtol=1e-10)
        assert not r.requires_grad
    np.testing.assert_array_equal(
        y.detach().cpu().numpy(), F.instance_norm(inputs).detach().cpu().numpy()
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.group_norm(x, 3), "4 channels .* cannot be divided into num_groups=3"),
        (lambda x: F.group_norm(x, 0), "num_groups=0"),
        (lambda x: F.group_norm(x[0, 0, 0], 1), r"must be \(N, C, ...\), got shape \(2,\)"),
        (lambda x: F.group_norm(x, 2, tg.ones(2)), r"weight has shape \(2,\).* 4 channels"),
        (lambda x: F.group_norm(x, 2, None, tg.ones(2)), r"bias has shape \(2,\).* 4 channels"),
        (lambda x: F.group_norm(x[:, :, :1, :1], 4), "one value per group"),
        (lambda x: F.instance_norm(x[:, :, :1, :1]), "one position per channel"),
        (lambda x: F.instance_norm(x[:, :, 0, 0]), r"must be \(N, C, L...\)"),
        (lambda x: F.instance_norm(x, tg.zeros(3), tg.ones(4)), r"running_mean has shape \(3,\)"),
        (lambda x: F.instance_norm(x, use_input_stats=False), "needs running_mean"),
    ],
)
def test_normalization_says_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call(tg.ones(2, 4, 2, 2))


# ---- pixels and windows ----------------------------------------------------------------------


def test_a_shuffled_pixel_is_a_block(backend):
    channels = tg.tensor([[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]], device=backend.device)

    image = F.pixel_shuffle(channels, 2)

    assert image.tolist() == [[[[1.0, 2.0], [3.0, 4.0]]]]
    assert F.pixel_unshuffle(image, 2).tolist() == channels.tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.pixel_shuffle(x, 3), "6 channels .* not a multiple of upscale_factor .* 9"),
        (lambda x: F.pixel_shuffle(x, 0), "factor must be positive"),
        (lambda x: F.pixel_shuffle(x[0, 0], 2), r"\(..., C, H, W\), got \(4, 5\)"),
        (lambda x: F.pixel_unshuffle(x, 2), "4 x 5 .* blocks of 2 x 2"),
        (lambda x: F.unfold(x[0], 2), r"add a batch: x.unsqueeze\(0\)"),
        (lambda x: F.unfold(x, 6), "does not fit into images"),
        (lambda x: F.unfold(x, 2, stride=0), "must be positive"),
        (lambda x: F.fold(x[0], (4, 5), 2), r"wanted \(N, C \* 4, 12\)"),
        (lambda x: F.fold(x[0], (4, 5), 4), r"wanted \(N, C \* 16, 2\)"),
        (lambda x: F.fold(x, (4, 5), 2), r"wanted \(N, C \* 4, 12\)"),
    ],
)
def test_pixels_and_windows_say_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call(tg.ones(2, 6, 4, 5))


GEOMETRIES = [
    {"kernel_size": 3},
    {"kernel_size": (2, 3), "stride": (2, 1), "padding": 1},
    {"kernel_size": (3, 1), "dilation": 2, "padding": (0, 2), "stride": (1, 3)},
]


@pytest.mark.parametrize("options", GEOMETRIES, ids=str)
def test_fold_is_the_transpose_of_unfold(backend, rng, options):
    x = tg.tensor(rng.normal(size=(2, 3, 7, 6)), device=backend.device)
    columns = F.unfold(x, **options)
    y = tg.tensor(rng.normal(size=columns.shape), device=backend.device)

    along_columns = (columns * y).sum().item()
    along_images = (x * F.fold(y, (7, 6), **options)).sum().item()

    assert along_columns == pytest.approx(along_images, rel=1e-12)


@pytest.mark.parametrize("options", GEOMETRIES, ids=str)
def test_a_convolution_is_a_product_with_the_unfolded_image(backend, rng, options):
    options = dict(options)
    kernel = np.broadcast_to(options.pop("kernel_size"), 2)
    x = tg.tensor(rng.normal(size=(2, 3, 7, 6)), device=backend.device)
    w = tg.tensor(rng.normal(size=(4, 3, *kernel)), device=backend.device)

    columns = F.unfold(x, tuple(kernel), **options)
    y = w.reshape(4, -1).matmul(columns)

    expected = F.conv2d(x, w, **options).flatten(2)
    np.testing.assert_allclose(y.cpu().numpy(), expected.cpu().numpy(), rtol=1e-10, atol=1e-12)


# ---- borders from inside ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "row"),
    [("reflect", [2, 1, 0, 1, 2, 3, 2]), ("replicate", [0, 0, 0, 1, 2, 3, 3])],
)
def test_a_border_continues_the_image(backend, mode, row):
    x = tg.tensor([[[0.0, 1.0, 2.0, 3.0]]], device=backend.device)

    assert F.pad(x, (2, 1), mode).tolist() == [[row]]


def two_widths(n):
    """What to add to both ends of n elements, or to cut off, leaving one at least."""
    width = st.integers(1 - n, n - 1)
    return st.tuples(width, width).filter(lambda pair: n + sum(pair) > 0)


@given(st.data())
def test_any_widths_in_one_two_or_three_dimensions(data):
    lead = data.draw(st.sampled_from([(2,), (1, 2)]))
    lengths = data.draw(st.lists(st.integers(2, 4), min_size=1, max_size=3))
    pairs = [data.draw(two_widths(n)) for n in lengths]
    x = data.draw(arrays((*lead, *lengths)))

    for mode, numpy_mode in (("reflect", "reflect"), ("replicate", "edge")):
        flat = tuple(width for pair in reversed(pairs) for width in pair)
        inputs = tg.tensor(x, requires_grad=True)
        y = F.pad(inputs, flat, mode)

        added = [(0, 0)] * len(lead) + [(max(b, 0), max(a, 0)) for b, a in pairs]
        grown = np.pad(x, added, mode=numpy_mode)
        cut = [
            slice(max(-b, 0), n - max(-a, 0))
            for (b, a), n in zip(pairs, grown.shape[len(lead) :], strict=True)
        ]
        np.testing.assert_array_equal(y.detach().numpy(), grown[(..., *cut)])
        assert gradcheck(lambda x, w=flat, m=mode: F.pad(x, w, m), inputs, **STRICT)


def test_an_infinite_pixel_stays_where_it_is(rng):
    x = normal(rng, 1, 1, 3, 3)
    x[0, 0, 0, 0] = float("inf")

    y = F.pad(x, (1, 1, 1, 1), "reflect").numpy()

    assert np.isinf(y).sum() == 1
    assert not np.isnan(y).any()


def test_replicating_has_no_limit_and_cutting_may_follow(rng):
    x = normal(rng, 1, 2, 3)

    y = F.pad(x, (-3, 5), "replicate").numpy()

    np.testing.assert_array_equal(y, np.repeat(x.numpy()[..., -1:], 5, axis=-1))


@pytest.mark.parametrize(
    ("widths", "mode", "message"),
    [
        ((4, 0, 0, 0), "reflect", r"\(4, 0\) must be less than the 4 elements of dimension 3"),
        ((0, 0, 0, 3), "reflect", r"\(0, 3\) must be less than the 3 elements of dimension 2"),
        ((1, 1), "reflect", r"2 widths is for 2 dimensions .* or 3 .*, got input \(1, 2, 3, 4\)"),
        ((1,) * 8, "replicate", "8 widths is for 5 dimensions"),
        ((-2, -2, 0, 0), "replicate", "nothing is left of dimension 3"),
        ((1, 1, 1), "replicate", "two widths for each"),
        ((1, 1, 1, 1), "mirror", "'constant', 'reflect' or 'replicate', got 'mirror'"),
    ],
)
def test_pad_says_what_does_not_fit(widths, mode, message):
    with pytest.raises(ValueError, match=message):
        F.pad(tg.ones(1, 2, 3, 4), widths, mode)


# ---- losses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        lambda target: F.hinge_embedding_loss(tg.ones(3), target),
        lambda target: F.margin_ranking_loss(tg.ones(3), tg.ones(3), target),
    ],
)
def test_margin_losses_refuse_other_targets_and_shapes(loss):
    with pytest.raises(ValueError, match=r"1 of 3 are neither.* 2 \* target - 1"):
        loss(tg.tensor([1, 0, -1]))
    with pytest.raises(ValueError, match="differ in shape"):
        loss(tg.tensor([1, -1]))


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="reduction must be"):
        F.hinge_embedding_loss(tg.ones(1), tg.ones(1), reduction="max")


def test_second_derivatives_of_a_chain_of_all(backend, rng):
    """One network through most of the functions here."""
    x = tg.tensor(rng.normal(size=(1, 4, 3, 3)), device=backend.device, requires_grad=True)
    w = tg.tensor(rng.normal(size=(2, 4)), device=backend.device, requires_grad=True)

    def network(x, w):
        y = F.pixel_shuffle(F.group_norm(F.pad(x, (1, 1, 2, 0), "reflect"), 2), 2)
        columns = F.unfold(y, 2, stride=3).reshape(1, 4, -1)
        return F.fold(tg.einsum("oc,ncp->nop", w, columns**2), (4, 3), (2, 1))

    assert gradgradcheck(network, (x, w), **STRICT)
