"""The checks of lesson 06."""

import numpy as np

from tinygen.teach import Case, Check, Mistake
from tinygen.teach.reference import reference

X = np.array([[[[1.0, 2, 3], [0, 1, 4], [2, 0, 1]]]])
W = np.array([[[[1.0, 2], [3, 4]]]])


def sizes():
    """Name, shape of x, shape of w, stride, padding; sizes that could be mixed up differ."""
    yield "2 pictures, 3 channels, 4 kernels of 3 x 2", (2, 3, 6, 7), (4, 3, 3, 2), 1, 0
    yield "padding 1, 9 x 8 pixels", (3, 2, 9, 8), (4, 2, 3, 3), 1, 1
    yield "padding 2, more than half of the kernel", (3, 2, 5, 4), (1, 2, 2, 3), 1, 2
    yield "stride 2, padding 1, one row is never reached", (2, 1, 8, 7), (3, 1, 3, 3), 2, 1
    yield "stride 3, larger than the kernel", (1, 4, 8, 11), (2, 4, 2, 2), 3, 0
    yield "kernels of 1 x 1", (2, 4, 3, 5), (3, 4, 1, 1), 1, 0


def convolutions(rng):
    yield Case("the lesson's 3 x 3 picture and 2 x 2 kernel", X, W, np.zeros(1))
    for name, x, w, stride, padding in sizes():
        b = rng.standard_normal(w[0])
        arrays = rng.standard_normal(x), rng.standard_normal(w), b
        yield Case(name, *arrays, stride=stride, padding=padding)
    small = [rng.standard_normal(shape, np.float32) for shape in ((2, 3, 5, 4), (4, 3, 2, 2), 4)]
    yield Case("float32", *small, stride=2, padding=1)


def windows(rng):
    yield Case("the lesson's 3 x 3 picture and windows of 2 x 2", X, (2, 2))
    for name, x, w, stride, padding in sizes():
        yield Case(name, rng.standard_normal(x), w[2:], stride=stride, padding=padding)
    yield Case("float32", rng.standard_normal((2, 3, 5, 4), np.float32), (2, 3), 2, 1)


def backwards(rng):
    yield Case("dy of ones, the lesson's picture and kernel", np.ones((1, 1, 2, 2)), X, W)
    for name, x, w, stride, padding in sizes():
        rows, cols = ((x[k] + 2 * padding - w[k]) // stride + 1 for k in (2, 3))
        dy = rng.standard_normal((x[0], w[0], rows, cols))
        yield Case(name, dy, rng.standard_normal(x), rng.standard_normal(w), stride, padding)
    shapes = (2, 4, 3, 3), (2, 3, 5, 4), (4, 3, 2, 2)
    small = [rng.standard_normal(shape, np.float32) for shape in shapes]
    yield Case("float32", *small, stride=2, padding=1)


def pools(rng):
    yield Case(
        "one window of four different numbers, one of four zeros",
        np.array([[[[5.0, 7.0]]]]),
        np.array([[[[1.0, 3, 0, 0], [2, 0, 0, 0]]]]),
        2,
        2,
    )
    yield Case("no ties", *_pool(rng, (2, 3, 6, 8), 2, 2))
    yield Case("windows of 3 x 3 that overlap", *_pool(rng, (3, 2, 7, 9), 3, 2))
    yield Case("after a ReLU: many ties", *_pool(rng, (2, 4, 8, 6), 2, 2, ties=True))
    yield Case("ties, windows that overlap", *_pool(rng, (1, 3, 9, 7), 3, 2, ties=True))
    yield Case("a row and a column are never used", *_pool(rng, (2, 1, 5, 7), 2, 2))
    dy, x, *rest = _pool(rng, (2, 3, 4, 6), 2, 2)
    yield Case("float32", dy.astype(np.float32), x.astype(np.float32), *rest)


def _pool(rng, shape, size, stride, ties=False):
    n, c, height, width = shape
    dy = rng.standard_normal((n, c, (height - size) // stride + 1, (width - size) // stride + 1))
    x = rng.standard_normal(shape)
    return dy, np.maximum(x, 0) * (x < 1) if ties else x, size, stride


# ---- wrong answers -----------------------------------------------------------------------------


def flipped(x, w, b, stride=1, padding=0):
    return reference("06.1")(x, w[:, :, ::-1, ::-1], b, stride, padding)


def without_b(x, w, b, stride=1, padding=0):
    return reference("06.1")(x, w, np.zeros_like(b), stride, padding)


def one_channel(x, w, b, stride=1, padding=0):
    return reference("06.1")(x[:, :1], w[:, :1], b, stride, padding)


def small_steps(x, w, b, stride=1, padding=0):
    y = reference("06.1")(x, w, b, stride, padding)
    return reference("06.1")(x, w, b, 1, padding)[:, :, : y.shape[2], : y.shape[3]]


def b_in_every_product(x, w, b, stride=1, padding=0):
    return reference("06.1")(x, w, b * w[0].size, stride, padding)


def not_moved(x, kernel_size, stride=1, padding=0):
    columns = reference("06.2")(x, kernel_size, stride, padding)
    pictures_first = columns.reshape(len(columns), len(x), -1).swapaxes(0, 1)
    return pictures_first.reshape(columns.shape)


def picture_last(x, kernel_size, stride=1, padding=0):
    columns = reference("06.2")(x, kernel_size, stride, padding)
    return columns.reshape(len(columns), len(x), -1).swapaxes(1, 2).reshape(columns.shape)


def channel_last(x, kernel_size, stride=1, padding=0):
    columns = reference("06.2")(x, kernel_size, stride, padding)
    return columns.reshape(x.shape[1], -1, columns.shape[1]).swapaxes(0, 1).reshape(columns.shape)


def small_steps_in_columns(x, kernel_size, stride=1, padding=0):
    columns = reference("06.2")(x, kernel_size, stride, padding)
    rows, cols = ((x.shape[k + 2] + 2 * padding - kernel_size[k]) // stride + 1 for k in (0, 1))
    every = reference("06.2")(x, kernel_size, 1, padding)
    every = every.reshape(len(columns), len(x), x.shape[2] + 2 * padding - kernel_size[0] + 1, -1)
    return every[:, :, :rows, :cols].reshape(columns.shape)


def not_swapped(dy, x, w, stride=1, padding=0):
    n, o, rows, cols = dy.shape
    mixed = dy.reshape(o, n, rows, cols).transpose(1, 0, 2, 3)
    return reference("06.3")(mixed, x, w, stride, padding)


def flipped_back(dy, x, w, stride=1, padding=0):
    _, dw, db = reference("06.3")(dy, x, w, stride, padding)
    return reference("06.3")(dy, x, w[:, :, ::-1, ::-1], stride, padding)[0], dw, db


def overwritten(dy, x, w, stride=1, padding=0):
    return _scattered(dy, x, w, stride, padding, False, padding)


def cut_at_the_end(dy, x, w, stride=1, padding=0):
    return _scattered(dy, x, w, stride, padding, True, 0)


def small_steps_back(dy, x, w, stride=1, padding=0):
    return _scattered(dy, x, w, stride, padding, True, padding, step=1)


def mean_in_db(dy, x, w, stride=1, padding=0):
    dx, dw, db = reference("06.3")(dy, x, w, stride, padding)
    return dx, dw, dy.mean((0, 2, 3))


def _scattered(dy, x, w, stride, padding, adds, cut, step=None):
    _, dw, db = reference("06.3")(dy, x, w, stride, padding)
    (n, _, rows, cols), (_, c, kh, kw) = dy.shape, w.shape
    back, step = np.einsum("nopq,ocab->ncabpq", dy, w), step or stride
    dx = np.zeros((n, c, x.shape[2] + 2 * padding, x.shape[3] + 2 * padding), x.dtype)
    for a in range(kh):
        for b in range(kw):
            place = dx[:, :, a : a + rows * step : step, b : b + cols * step : step]
            place[...] = back[:, :, a, b] + (place if adds else 0)
    return dx[:, :, cut : cut + x.shape[2], cut : cut + x.shape[3]], dw, db


def to_all_winners(dy, x, kernel_size, stride):
    return _pooled_back(dy, x, kernel_size, stride, lambda window: window == window.max())


def to_last_winner(dy, x, kernel_size, stride):
    def last(window):
        places = np.arange(window.size).reshape(window.shape)
        return places == places[window == window.max()].max()

    return _pooled_back(dy, x, kernel_size, stride, last)


def overwritten_pool(dy, x, kernel_size, stride):
    return _pooled_back(dy, x, kernel_size, stride, _first, adds=False)


def without_dy(dy, x, kernel_size, stride):
    return _pooled_back(np.ones_like(dy), x, kernel_size, stride, _first)


def to_all(dy, x, kernel_size, stride):
    shares = dy / kernel_size**2
    return _pooled_back(shares, x, kernel_size, stride, np.isfinite)


def without_corner(dy, x, kernel_size, stride):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        dx[n, c, window.argmax() // kernel_size, window.argmax() % kernel_size] += dy[n, c, i, j]
    return dx


def row_and_column_swapped(dy, x, kernel_size, stride):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        right, down = divmod(int(window.argmax()), kernel_size)
        dx[n, c, top + down, left + right] += dy[n, c, i, j]
    return dx


def _first(window):
    return np.arange(window.size).reshape(window.shape) == window.argmax()


def _pooled_back(dy, x, size, stride, wins, adds=True):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = (n, c, slice(top, top + size), slice(left, left + size))
        mask = wins(x[window])
        dx[window] = np.where(mask, dy[n, c, i, j] + (dx[window] if adds else 0), dx[window])
    return dx


def tied(dy, x, kernel_size, stride):
    """Which elements of x are the largest of a window together with others."""
    found = np.zeros(x.shape, bool)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = (n, c, slice(top, top + kernel_size), slice(left, left + kernel_size))
        winners = x[window] == x[window].max()
        found[window] |= winners & (winners.sum() > 1)
    return found


CHECKS = {
    "06.1": Check(
        cases=convolutions,
        outputs=("y",),
        border_axes=(2, 3),
        mistakes=[
            Mistake(
                "flipped",
                flipped,
                "These are the sums with the kernel turned upside down and left to right. Books of "
                "mathematics do that, and `scipy.signal.convolve2d`; here the kernel lies on the "
                "window as it is.",
            ),
            Mistake(
                "without-b",
                without_b,
                "The sums are right, but b is missing: every kernel has its own number to add.",
            ),
            Mistake(
                "one-channel",
                one_channel,
                "Only channel 0 of the pictures is used. A kernel spans all channels, and their "
                "products are added up too.",
            ),
            Mistake(
                "small-steps",
                small_steps,
                "The size of y knows the stride, but the windows do not: they still move by one. "
                "At which row of the picture does the window for y[:, :, i, j] begin?",
            ),
            Mistake(
                "b-in-every-product",
                b_in_every_product,
                "b is added to every product of a window before they are summed, so it counts as "
                "often as the kernel has weights. It is added once, to the sum.",
            ),
        ],
    ),
    "06.2": Check(
        cases=windows,
        outputs=("columns",),
        mistakes=[
            Mistake(
                "picture-last",
                picture_last,
                "All columns are there, in another order: place by place, and at each place the "
                "pictures. First all windows of picture 0 are wanted, then those of picture 1: "
                "else the reshape of y mixes the pictures. Look at the order of the axes before "
                "you reshape.",
            ),
            Mistake(
                "channel-last",
                channel_last,
                "In each column the right numbers are in another order: the channels of each place "
                "together. A kernel, w[o].ravel(), has all of channel 0 first, so products of "
                "things that do not belong together would be added.",
            ),
            Mistake(
                "not-moved",
                not_moved,
                "The numbers are those of the windows, but the reshape mixes them: the axis of the "
                "pictures, N, still stands in front. A reshape moves no axis, it cuts the numbers "
                "into rows as they lie. C, KH, KW must come first, and N after them: transpose "
                "before you reshape. With one picture it would not show.",
            ),
            Mistake(
                "small-steps",
                small_steps_in_columns,
                "There are as many windows as the stride allows, but they move by one and not by "
                "the stride.",
            ),
        ],
    ),
    "06.3": Check(
        cases=backwards,
        outputs=("dx", "dw", "db"),
        border_axes=(2, 3),
        mistakes=[
            Mistake(
                "not-swapped",
                not_swapped,
                "The rows of your dY mix pictures and kernels: dy has the axes (N, O, rows, cols), "
                "and a reshape to O rows does not move the axis O to the front, it only cuts the "
                "numbers into rows as they lie. With one picture it would not show.",
            ),
            Mistake(
                "overwritten",
                overwritten,
                "dw and db are right. In dx a pixel has the share of one window only, the last one "
                "that was written; but its gradient is the sum over all windows it is in.",
            ),
            Mistake(
                "cut-at-the-end",
                cut_at_the_end,
                "dw and db are right, and so are the sums for dx; but all of dx is shifted, as the "
                "padding was cut off below and to the right only. There is some on every side.",
            ),
            Mistake(
                "small-steps",
                small_steps_back,
                "dw and db are right. In dx the shares are added as if the windows had moved by "
                "one: the slices begin at the right places, but must step by the stride, as those "
                "of im2col do.",
            ),
            Mistake(
                "mean-in-db",
                mean_in_db,
                "dx and dw are right. db is the mean over the places where b was added; it was "
                "used once at each of them, so their shares are summed.",
            ),
            Mistake(
                "flipped",
                flipped_back,
                "dw and db are right. In dx the kernel is turned round. (Sliding a turned kernel "
                "over a padded dy is another way to dx; but where columns are added back, it is "
                "taken as it is.)",
            ),
        ],
    ),
    "06.4": Check(
        cases=pools,
        outputs=("dx",),
        ties=tied,
        mistakes=[
            Mistake(
                "to-all-winners",
                to_all_winners,
                "Where several numbers of a window are the largest, each of them got all of dy: "
                "more gradient goes out than came in. A mask `window == window.max()` does that. "
                "Only the first one is to get it.",
            ),
            Mistake(
                "to-last-winner",
                to_last_winner,
                "Among equal largest numbers the last one got the gradient: `>=` where `>` is "
                "meant does that. The first in reading order is wanted.",
            ),
            Mistake(
                "overwritten",
                overwritten_pool,
                "Where windows overlap, a number can be the largest of several. It then gets the "
                "gradients of all of them together, and not just that of the last.",
            ),
            Mistake(
                "to-all",
                to_all,
                "Each number of a window gets an equal share of dy: that is the way back of a "
                "mean. Only the largest number acts on y here.",
            ),
            Mistake(
                "without-corner",
                without_corner,
                "The winner's place is counted from the corner of its window, but used as if it "
                "were counted from the corner of the picture: all windows write into the first.",
            ),
            Mistake(
                "row-and-column-swapped",
                row_and_column_swapped,
                "The right numbers, at places whose row and column within the window are swapped. "
                "A flat index counts along the first row, then along the second.",
            ),
            Mistake(
                "without-dy",
                without_dy,
                "The winners are right, but each window sends 1, whatever came back to it: dy is "
                "not used.",
            ),
        ],
    ),
}
