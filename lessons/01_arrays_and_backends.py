# %% [markdown] lesson="01" minutes=40 builds_on=["00"]
# # 01 · Arrays and backends
#
# **You will be able to**
# - say which shape an operation gives, before you run it;
# - turn arrays of pictures around with `reshape` and `transpose`, without garbling them;
# - find the bug behind a program that runs, trains, and learns nothing;
# - write one function that works on a CPU and on a GPU.
#
# 40 minutes. It builds on 00 (how exercises are checked) and a little NumPy.
#
# **A belief to test.** *If the shapes were wrong, there would be an error; `(n,)` and `(n, 1)` are
# the same thing.* Often there is an error. This lesson is about the other times.

# %% setup
import numpy as np
from matplotlib.patches import Rectangle

import tinygen as tg
from tinygen import nn, plots
from tinygen.plots.style import DASHES, PALETTE, diverging_map, look, new_figure
from tinygen.teach import begin, find_lesson, picture, predict, reveal

rng = begin("01")

# %% [markdown]
# ## 1. A loss that cannot be
# Five targets, and a net that predicts each of them perfectly. Its last layer gives a column, one
# row for each sample; the targets are a plain list of five numbers.
#
#     y    = 1 2 3 4 5             shape (5,)
#     yhat = 1 2 3 4 5, below      shape (5, 1)
#            each other
#
# (Here and later: what stands below `with look():` only draws. You need not read it.)

# %%
predict(
    "01.p1",
    "What are the shape of `y - yhat` and the mean of its squares?",
    ["(5,) and 0", "(5, 1) and 0", "(5, 5) and 4", "there is an error"],
)

# %%
y = np.arange(1.0, 6.0)
yhat = y[:, None]  # the same numbers as a column: shape (5, 1)
difference = y - yhat
print("shapes:", y.shape, yhat.shape, "->", difference.shape, "  loss:", np.mean(difference**2))
assert difference.shape == (5, 5), "a row and a column give a square"
assert np.mean(difference**2) == 4, "the mean of (1 - 1)², (1 - 2)², ..., over all 25 pairs"

with look():
    figure = new_figure(7, 2.6)
    pairs = {"(5,) - (5,)": y - y, "(5, 1) - (5, 1)": yhat - yhat, "(5,) - (5, 1)": difference}
    for axes, (title, values) in zip(figure.subplots(1, 3), pairs.items(), strict=True):
        shown = np.atleast_2d(values)
        axes.pcolormesh(shown, cmap=diverging_map(), vmin=-6, vmax=6, edgecolors="#BBBBBB")
        for (row, column), value in np.ndenumerate(shown):
            axes.text(column + 0.5, row + 0.5, f"{value:g}", ha="center", va="center")
        axes.set(title=title, xlim=(-0.1, 5.1), ylim=(5.6, -0.1), aspect="equal")
        axes.text(0, 5.5, f"mean of the squares: {np.mean(values**2):g}")
        axes.axis("off")
picture(figure, "square", "y minus yhat three times: two rows give five zeros, two columns give "
        "five zeros, a row and a column give a square of 25 numbers from -4 to 4")
reveal("01.p1", "c", "NumPy compares every target with every prediction. Nothing warns you.")

# %% [markdown]
# ## 2. Broadcasting
# The rule behind it is simple. **Write the shapes below each other, aligned on the right.** In each
# place the sizes must be equal, or one of them is 1 or missing: that one is repeated.
#
#     y          (5,)             5            images       (64, 3, 28, 28)
#     yhat       (5, 1)        5  1            one number      (3,  1,  1)    for each channel
#     y - yhat   (5, 5)        5  5            result       (64, 3, 28, 28)
#
# It is a gift, as on the right: no loop, no copy. It is a trap, as on the left: `(5,)` is not a
# column. If in doubt, it is a row.

# %%
def draw_boxes(axes, values, left, repeated=()):
    """Numbers in boxes; those in repeated rows or columns are pale copies."""
    for (row, column), value in np.ndenumerate(values):
        pale = ("rows" in repeated and row > 0) or ("columns" in repeated and column > 0)
        face, edge, ink = ("#FFFFFF", "#BBBBBB", "#8A8A8A") if pale else ("#CFE4F2", "#222222", "k")
        box = Rectangle((left + column, row), 1, 1, facecolor=face, edgecolor=edge)
        axes.add_patch(box)
        axes.text(left + column + 0.5, row + 0.5, value, ha="center", va="center", color=ink)


column, row = np.array([[0], [10], [20], [30]]), np.array([1, 2, 3])
total = column + row
with look():
    figure = new_figure(7, 2.9)
    axes = figure.subplots()
    parts = [(column, "(4, 1)", "columns"), (row, "(3,)", "rows"), (total, "(4, 3)", "")]
    for number, (values, shape, repeated) in enumerate(parts):
        draw_boxes(axes, np.broadcast_to(values, (4, 3)), 4.5 * number, repeated)
        axes.text(4.5 * number + 1.5, -0.35, shape, ha="center", fontweight="bold")
    for place, sign in ((3.75, "+"), (8.25, "=")):
        axes.text(place, 2, sign, ha="center", va="center", fontsize=14)
    axes.set(xlim=(-0.1, 12.1), ylim=(4.1, -0.8), aspect="equal")
    axes.axis("off")
picture(figure, "broadcasting", "a column of four numbers is repeated to the right, a row of three "
        "downwards, then both are added: four rows of three")
assert total.shape == (4, 3), "aligned on the right: 4 and nothing, 1 and 3"

# %% [markdown]
# **Break it.** What does the silent square do to a net? We fit a line through 40 points, twice. The
# two programs differ in one place: whether the targets are a column, as the predictions are. (In
# `fit`, `backward` finds which way the loss falls and `step` goes there; lessons 02 and 04 build
# both.)

# %%
x = rng.uniform(-1, 1, (40, 1)).astype(np.float32)
targets = (1.5 * x + 0.5 + 0.2 * rng.normal(size=x.shape)).astype(np.float32)


def fit(y):
    line = nn.Dense(1, 1)
    steps = tg.optim.SGD(line.parameters(), lr=0.1)
    for _ in range(300):
        steps.zero_grad()
        loss = ((line(tg.tensor(x)) - tg.tensor(y)) ** 2).mean()
        loss.backward()
        steps.step()
    return line.weight.item(), line.bias.item(), loss.item()


fits = {"targets (40, 1)": fit(targets), "targets (40,)": fit(targets[:, 0])}
with look():
    figure = new_figure(6, 2.9)
    axes = figure.subplots()
    axes.plot(x, targets, "o", color="#595959", alpha=0.5, label="the points")
    for number, (name, (slope, shift, loss)) in enumerate(fits.items()):
        style = {"color": PALETTE[number], "linestyle": DASHES[number]}
        axes.plot([-1, 1], [shift - slope, shift + slope], label=name, **style)
        print(f"{name:16} slope {slope:6.2f}   last loss {loss:.2f}")
    axes.set(xlabel="x", ylabel="y")
    axes.legend()
picture(figure, "flat-line", "40 points along a rising line. With targets (40, 1) the fit follows "
        "them; with targets (40,) it is a flat line through their mean")
print(f"variance of the targets: {targets.var():.2f}")

# %% [markdown]
# Each prediction was pulled towards *all* targets, and the best it can do is their mean. Remember
# the symptom: **everything runs, the loss falls, stops at the variance of the targets, and the net
# gives the same answer for every input.** The cure: compare shapes before you subtract. The library
# does:

# %%
right, wrong = fits.values()
assert abs(right[0] - 1.5) < 0.2, "the slope is found"
assert abs(wrong[0]) < 0.05, "a flat line"
assert abs(wrong[2] - targets.var()) < 0.01, "the loss stops at the variance"
try:
    nn.functional.mse_loss(tg.tensor(y), tg.tensor(yhat))
except ValueError as error:
    print(error)

# %% [markdown]
# ## 3. Picking with arrays: one-hot
# An array can be indexed with arrays: `a[[0, 1, 2], [5, 0, 3]]` are the three elements a[0, 5],
# a[1, 0] and a[2, 3]: the two lists go side by side, like the teeth of a zip. The same on the left
# of `=` writes to these three places.
#
# You need that to turn labels into rows of zeros with a single one, which say "class 5" in the
# language of a loss:
#
#     label 2 of 4 classes   ->   0 0 1 0

# %% Labels to rows exercise="01.1" difficulty=1 minutes=5 lines=3
def one_hot(labels, classes):
    """Rows of zeros with a one at the label.

    labels: whole numbers from 0, shape (N,)
    classes: how many classes there are

    Returns a float32 array (N, classes).
    """
    ### BEGIN SOLUTION
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = 1
    return rows
    ### END SOLUTION

# %% [markdown] hints="01.1"
# 1. In row 0 the one stands at column labels[0], in row 1 at labels[1], ... Which two lists of
#    indices are that?
# 2. Begin with zeros of the right shape and dtype. `rows[:, labels]` would be whole columns: you
#    need one index for each row, and `np.arange` counts the rows.
# 3. Zeros: `np.zeros((N, classes), np.float32)`. Then write 1 to the places with the row numbers
#    `np.arange(N)` and the column numbers `labels`.

# %%
np.testing.assert_array_equal(one_hot(np.array([2, 0]), 4), [[0, 0, 1, 0], [1, 0, 0, 0]])
library = nn.functional.one_hot(tg.tensor([3, 1, 1]), 5).numpy()
np.testing.assert_array_equal(one_hot(np.array([3, 1, 1]), 5), library)
print("equal to the library's: it gives", library[0], "for 3 of 5")

# %% [markdown]
# ## 4. The same numbers in another order
# A picture in tinygen (and in PyTorch) has the shape **(C, H, W)**: channels, rows, columns; many
# of them (N, C, H, W). In a file of pictures, and on the screen, a pixel's three colours stand
# beside each other: (H, W, C).
#
# Memory has no shape: it is one long line of numbers. A shape is a way to *walk* it. The
# **strides** say how many numbers to move on for one step along each axis. `transpose` changes the
# walk and leaves the numbers where they are: the result is a *view* of the same memory. `reshape`
# keeps the order of the walk and only cuts the line at other places.

# %%
nchw = np.arange(18).reshape(1, 3, 2, 3)  # one picture, 3 channels, 2 rows of 3 pixels
view = nchw.transpose(0, 2, 3, 1)
nhwc = np.ascontiguousarray(view)  # walks the view, and writes the numbers in that order
for name, array in [("NCHW", nchw), ("its view as NHWC", view), ("NHWC, a copy", nhwc)]:
    steps = tuple(stride // array.itemsize for stride in array.strides)
    print(f"{name:18} shape {str(array.shape):14} strides {steps}")
assert np.shares_memory(nchw, view), "transpose moves no number"
assert not np.shares_memory(nchw, nhwc), "a copy does"

# %%
with look():
    figure = new_figure(7.5, 1.4)
    axes = figure.subplots()
    for top, (name, array) in zip((0, 2), (("N C H W", nchw), ("N H W C", nhwc)), strict=True):
        axes.text(-0.4, top + 0.5, name, ha="right", va="center", fontweight="bold")
        for place, number in enumerate(array.ravel()):
            channel, pixel = divmod(number, 6)
            colour = PALETTE[(1, 2, 0)[channel]]  # reddish, greenish, bluish
            axes.add_patch(Rectangle((place, top), 1, 1, facecolor=colour, alpha=0.35))
            label = f"{'RGB'[channel]}{pixel}"
            axes.text(place + 0.5, top + 0.5, label, ha="center", va="center", fontsize=8)
    axes.set(xlim=(-3, 18.1), ylim=(3.2, -0.2), aspect="equal")
    axes.axis("off")
picture(figure, "memory", "the 18 numbers of a picture of 6 pixels in memory. In the order N C H W "
        "all reds come first, then all greens, then all blues; in the order N H W C the three "
        "colours of each pixel stand together")

# %%
predict(
    "01.p2",
    "A colour picture has the shape (32, 32, 3). You need (3, 32, 32) and write "
    "`image.reshape(3, 32, 32)`. What do you get?",
    ["the picture in the new order", "an error", "a garbled picture of the right shape"],
)

# %%
drawn = tg.data.make_shapes(12, 1, seed=1).train_images  # uint8, (12, 3, 32, 32)
image = drawn[4].transpose(1, 2, 0)  # as it would come from a file: (32, 32, 3)
turned, cut = image.transpose(2, 0, 1), image.reshape(3, 32, 32)
assert turned.shape == cut.shape == (3, 32, 32), "both have the shape that was wanted"
assert np.array_equal(turned, drawn[4]), "transpose keeps each number with its pixel"
assert not np.array_equal(cut, turned), "reshape does not"
picture(
    plots.image_grid(np.stack([turned, cut]), titles=["transpose", "reshape"], zoom=7),
    "garbled",
    "the picture after transpose, a cross as it was drawn, and after reshape: a pattern of dots",
)
reveal("01.p2", "c", "reshape keeps the order of the walk: R, G and B of the first pixel have "
       "become three neighbours in a row. The shape is right, so nothing complains.")

# %% [markdown]
# ## 5. Many pictures in one
# A sheet of pictures is the best exercise in walking. N = rows · columns pictures of H x W pixels
# shall become one large picture. Say what each axis counts, at each stage:
#
#     (N, H, W)  →  (rows, columns, H, W)  →  ?  →  (rows · H, columns · W)
#
# `reshape` can join two axes only if they are **neighbours**. In the last step `rows` joins `H`,
# and `columns` joins `W`. In which order must the four axes stand before it?

# %% A sheet of pictures exercise="01.2" difficulty=3 minutes=8 lines=4
def im_grid(images, columns):
    """Pictures side by side, row by row, as one picture.

    images: array (N, H, W), N a multiple of columns
    columns: how many pictures stand in a row

    Returns an array (N // columns * H, columns * W). The first pictures form the first row.
    """
    ### BEGIN SOLUTION
    n, h, w = images.shape
    rows = n // columns
    table = images.reshape(rows, columns, h, w)
    return table.transpose(0, 2, 1, 3).reshape(rows * h, columns * w)
    ### END SOLUTION

# %% [markdown] hints="01.2"
# 1. Take one row of pixels of the sheet. Which numbers does it walk through: one picture, or
#    several?
# 2. Three steps: reshape to (rows, columns, H, W); transpose, so that each picture's row of pixels
#    stands beside its neighbour's; reshape to two axes.
# 3. Before the last reshape the axes must be (rows, H, columns, W). From (rows, columns, H, W) that
#    is the order 0, 2, 1, 3.

# %%
four = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[0, 0], [0, 0]], [[9, 9], [9, 9]]])
np.testing.assert_array_equal(
    im_grid(four, 2), [[1, 2, 5, 6], [3, 4, 7, 8], [0, 0, 9, 9], [0, 0, 9, 9]]
)
digits = tg.models.pretrained("cgan").sample(20).numpy()  # (20, 1, 28, 28)
sheet = im_grid(digits[:, 0], 10)
without_transpose = digits.reshape(sheet.shape)
picture(
    plots.image_grid(np.stack([sheet, without_transpose]), columns=1, zoom=3,
                     titles=["with transpose", "reshape alone"]),
    "sheet",
    "above: twenty digits in two rows of ten. Below: the same without transpose, each digit cut "
    "into thin slices",
)

# %% [markdown]
# ## 6. Shapes that run, in print
# This course began as an answer to an overview of image generation, "the article" from here on.
# None of its programs runs as printed, and three of its bugs are about shapes.
#
# **A dense layer on pictures that are not flattened.** It acts on the *last* axis alone, of
# (N, 28, 28, 1) that is one number: every pixel goes through the net by itself. First see what that
# costs. (We run one picture, and count for 64.)

# %%
def run(x, widths):
    for width in widths:
        x = nn.Dense(x.shape[-1], width)(x)
        shape, mebibytes = (64, *x.shape[1:]), 64 * x.data.nbytes / 2**20
        print(f"   Dense({width:4}) gives {str(shape):20} {mebibytes:7.2f} MiB")
    return mebibytes


widths = (128, 256, 512, 2352)  # the article's encoder, and its size of a code
print("as in the article:")
unflattened = run(tg.zeros(1, 28, 28, 1), widths)
print("flattened first:")
flattened = run(tg.zeros(1, 784), widths)
assert unflattened == 784 * flattened, "a code for each of the 784 pixels"

# %% [markdown]
# And then see what it *knows*. A critic shall tell real digits from fakes. Without flattening, it
# gives one score for each pixel, and their mean is the score of the picture.

# %%
predict(
    "01.p3",
    "We shuffle the pixels of every digit, all in the same way. What happens to the mean scores of "
    "the critic that sees single pixels?",
    ["they fall: nobody could read these", "they stay the same", "they change at random"],
)

# %%
shuffled = digits.reshape(20, 784)[:, rng.permutation(784)].reshape(digits.shape)
by_pixel = nn.Sequential(nn.Dense(1, 16), nn.LeakyReLU(0.2), nn.Dense(16, 1))
by_picture = nn.Sequential(nn.Flatten(), nn.Dense(784, 16), nn.LeakyReLU(0.2), nn.Dense(16, 1))


def scores(critic, pictures):
    with tg.no_grad():
        given = critic(tg.tensor(pictures)).numpy()
    return given.reshape(20, -1).mean(axis=1)  # one for each picture


critics = {"by pixel": (by_pixel, (20, 28, 28, 1)), "flattened": (by_picture, (20, 1, 28, 28))}
for name, (critic, shape) in critics.items():
    before, after = (scores(critic, p.reshape(shape)) for p in (digits, shuffled))
    print(f"{name}: first scores {before[:3].round(4)}, shuffled {after[:3].round(4)}")
    changed = np.abs(after - before).max() > 1e-3
    assert changed == (name == "flattened"), "only a net that sees the whole notices"
picture(
    plots.image_grid(np.concatenate([digits[:10], shuffled[:10]]), columns=10),
    "shuffled",
    "ten digits, and below them the same pixels shuffled: noise. A critic of single pixels gives "
    "both rows the same scores",
)
reveal("01.p3", "b", "the mean does not care for the order of the pixels. This critic is blind to "
       "shape, and a generator that is trained against it need not draw any.")

# %% [markdown]
# **A size that fits nothing.** The article's pictures have 28 · 28 · 3 numbers. MNIST's have 28 ·
# 28 · 1, CIFAR-10's 32 · 32 · 3. Here an error saves you, if you read the two shapes in it:

# %%
try:
    nn.Sequential(nn.Flatten(), nn.Dense(28 * 28 * 3, 10))(tg.tensor(digits))
except ValueError as error:
    told = str(error)
print(told)
assert "(20, 784)" in told, "what came"
assert "2352" in told, "what was wanted"

# %% [markdown]
# ## 7. Numbers for each channel
# Nets learn best from inputs with mean 0 and standard deviation 1. For colour pictures one takes
# the mean and the deviation **of each channel, over all pictures and all pixels**. That is
# broadcasting as a gift, if the shapes are right: numbers of shape (1, C, 1, 1) go with (N, C, H,
# W). A mean with `keepdims=True` leaves the axes that it went over in place, with size 1.
#
# And a word on **dtypes**. Nets compute in float32: half the memory of float64, about twice the
# speed. A single float64 array makes everything after it float64, silently:

# %%
thirds = np.ones(3, np.float32) / 3
for name, other in [("2.0", 2.0), ("np.float64(2)", np.float64(2)), ("np.arange(3)", np.arange(3))]:
    print(f"float32 array * {name:14} -> {(thirds * other).dtype}")
assert (thirds * 2.0).dtype == np.float32, "Python's numbers adapt to the array"
assert (thirds * np.arange(3)).dtype == np.float64, "arrays of whole numbers do not"

# %% Standardise each channel exercise="01.3" difficulty=2 minutes=6 lines=3
def standardise(images):
    """Give each channel mean 0 and standard deviation 1, over all pictures and pixels.

    images: array (N, C, H, W), float32 or float64

    Returns an array of the same shape and dtype.
    """
    ### BEGIN SOLUTION
    mean = images.mean(axis=(0, 2, 3), keepdims=True)
    std = images.std(axis=(0, 2, 3), keepdims=True)
    return (images - mean) / std
    ### END SOLUTION

# %% [markdown] hints="01.3"
# 1. How many means are there? Over which three axes of (N, C, H, W) does each go?
# 2. `mean` and `std` take a tuple of axes. Without `keepdims=True` the result has the shape (C,),
#    and is aligned with W.
# 3. The axes are (0, 2, 3), with keepdims for both. Subtract the mean, divide by the deviation.

# %%
coloured = drawn.astype(np.float32) / 255
even = standardise(coloured)
for name, pictures in [("before", coloured), ("after", even)]:
    print(f"{name:7} means {pictures.mean((0, 2, 3)).round(2) + 0.0}, "
          f"deviations {pictures.std((0, 2, 3)).round(2)}, {pictures.dtype}")
np.testing.assert_allclose(even.mean((0, 2, 3)), 0, atol=1e-5)
np.testing.assert_allclose(even.std((0, 2, 3)), 1, atol=1e-5)
normal = nn.functional.batch_norm(tg.tensor(coloured), None, None, training=True, eps=0.0)
np.testing.assert_allclose(even, normal.numpy(), atol=1e-4)

# %% [markdown]
# `batch_norm` is the library's: *batch normalisation* does the same in the middle of a net, and is
# the subject of lesson 05.
#
# ## 8. One function for two devices
# CuPy is NumPy for NVIDIA GPUs: `cupy.exp` is called as `np.exp` is, but its arrays live in the
# GPU's memory. tinygen therefore does not write `np` in its operations. **The array decides**: each
# operation asks which module its input belongs to, calls it `xp`, and goes on with `xp.exp`.
#
#     xp = tinygen.backend.xp_of(x)      numpy, or cupy
#
# Two mistakes are typical. `np.zeros(...)` or `np.arange(...)` in the middle of a function makes an
# array on the *wrong device*. And it makes float64 or whole numbers, if nobody says otherwise.
#
# The exercise: sentences, strokes, melodies come in different lengths, filled up to a common one.
# Find the mean of each row, **without what was filled in**. By hand, with the lengths 2 and 3:
#
#     x = 1 3 0 0    ->  (1 + 3) / 2     = 2
#         2 4 6 0    ->  (2 + 4 + 6) / 3 = 4
#
# A mask does it, and broadcasting makes the mask: compare the column numbers 0 1 2 3, shape (T,),
# with the lengths as a column, shape (N, 1).

# %% Means of rows, on any device exercise="01.4" difficulty=3 minutes=10 lines=3
def mean_rows(x, lengths, xp):
    """The mean of the first numbers of each row.

    x: array (N, T), of floats
    lengths: array (N,) of whole numbers from 1 to T, on the same device
    xp: the module that owns the arrays: NumPy, or one with the same names

    Returns an array (N,) of x's dtype.
    """
    ### BEGIN SOLUTION
    inside = xp.arange(x.shape[1]) < lengths[:, None]
    total = xp.where(inside, x, 0).sum(axis=1)
    return total / lengths.astype(x.dtype)
    ### END SOLUTION

# %% [markdown] hints="01.4"
# 1. Which elements count? Write down the mask for the example above, as 2 rows of True and False.
# 2. `xp.arange(T)` are the column numbers; `lengths[:, None]` are the lengths as a column. Compare
#    them. Where does float32 divided by whole numbers lead?
# 3. The mask is column number < length. Zero what is outside (`xp.where(mask, x, 0)`), sum along
#    axis 1, and divide by the lengths, turned into x's dtype with `.astype(x.dtype)`.

# %% [markdown]
# How can that be tested without a GPU? With a **strict stand-in**: an object that holds NumPy's
# numbers, and refuses NumPy, as an array on another device would. Here is the idea, with a single
# operator.

# %%
class There:
    """An array on another device."""

    __array_ufunc__ = None  # NumPy's operators step back: those of this class decide

    def __init__(self, hidden):
        self.hidden = hidden

    def __gt__(self, other):  # Python calls it for "other < self", too
        if isinstance(other, np.ndarray):
            raise TypeError("an array made with np met one of another device")
        return There(self.hidden > other.hidden)


column = There(np.array([[2], [3]]))
print("with its like:", (column > There(np.arange(4))).hidden.astype(int).tolist())
try:
    np.arange(4) < column  # noqa: B015
except TypeError as error:
    told = str(error)
print("with NumPy:   ", told)
assert "another device" in told, "the stand-in refuses NumPy's array"

# %% [markdown]
# tinygen's tests use a complete double of CuPy. The checker has one that knows NumPy's names, and
# runs your function twice: with NumPy, and with the stand-in. We borrow it.

# %%
on_two_devices = find_lesson("01").checks["01.4"].call
x, lengths = np.array([[1, 3, 0, 0], [2, 4, 6, 0]], np.float32), np.array([2, 3])
here, there = on_two_devices(mean_rows, x, lengths)
print("mean_rows:", here, there, here.dtype)
np.testing.assert_array_equal(here, [2, 4])
np.testing.assert_array_equal(there, [2, 4])
assert here.dtype == there.dtype == np.float32, "no float64 crept in"


def careless(x, lengths, xp):
    inside = np.arange(x.shape[1]) < lengths[:, None]
    return xp.where(inside, x, 0).sum(axis=1) / lengths


print("careless: ", careless(x, lengths, np), careless(x, lengths, np).dtype)
try:
    on_two_devices(careless, x, lengths)
except TypeError as error:
    told = str(error)
print("elsewhere:", told)
assert "met one of another device" in told, "np.arange was found out"

# %% [markdown]
# The careless version gives the right numbers on a CPU, in float64; on a GPU it fails. The stand-in
# found that without one. What you write with `xp`, shapes in mind and the dtype kept, runs on both.
#
# ## What changed in your head
# - A line that runs can compare everything with everything. Say the shapes before you run it; when
#   a net predicts the mean for all, look for `(n,)` against `(n, 1)`.
# - `transpose` changes the walk through memory, `reshape` cuts it anew. Only neighbours can be
#   joined.
# - The array decides: `xp` and not `np`, and the dtype that came in.

# %% [markdown] teacher="01"
# ## For the teacher
# **Questions to discuss.**
# 1. *Why does NumPy broadcast (5,) with (5, 1) at all?* Because a row and a column are how one
#    writes all pairs: tables of distances, masks (exercise 01.4), products. A warning would come a
#    thousand times for each time it is needed. So the check belongs into the loss, which knows what
#    it wants.
# 2. *`reshape(3, 32, 32)` garbles the picture, and a dense net trains on it as well as before. Why,
#    and would a convolution?* A dense net does not know which numbers are neighbours, and all
#    pixels are moved alike. A convolution looks at neighbours, and suffers.
# 3. *A float64 array on the way costs what?* Twice the memory from there on, and about half the
#    speed; the results hardly change. On most GPUs it is far slower than half.
#
# **Commonest wrong answers, and what the checker says.** 01.1: `rows[:, labels] = 1`: there is more
# than one 1 in a row; float64: the dtype is named. 01.2: reshape alone: each picture is cut into
# slices; pictures that run down the columns. 01.3: the mean of each picture, or of all at once; no
# keepdims: an exception (but where W happens to equal C there would be none). 01.4: `np.arange`:
# the stand-in's exception, with the line; the mean of the whole row; float64.
#
# **In 10 minutes**: sections 1 and 2, with prediction p1 and the flat line. **In 40 minutes**: all
# of it, with exercises 01.1 and 01.2 in class; 01.3 and 01.4 as homework.
