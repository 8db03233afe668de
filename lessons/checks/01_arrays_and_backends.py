"""The checks of lesson 01."""

import numpy as np

from tinygen.teach import Case, Check, Mistake

# ---- 01.1 ----------------------------------------------------------------------------------------


def labelled(rng):
    yield Case("labels 2 and 0 of 4 classes", np.array([2, 0]), 4)
    yield Case("7 labels of 5 classes", np.array([4, *rng.integers(0, 5, 6)]), 5)
    yield Case("3 labels of 10 classes, two alike", np.array([9, 3, 3]), 10)
    yield Case("a single label of a single class", np.array([0]), 1)


def whole_columns(labels, classes):
    rows = np.zeros((len(labels), classes), np.float32)
    rows[:, labels] = 1
    return rows


def first_rows(labels, classes):
    """Row ``label`` of the table in place of row ``i``."""
    rows = np.zeros((max(len(labels), classes), classes), np.float32)
    rows[labels, labels] = 1
    return rows[: len(labels)]


def the_labels_themselves(labels, classes):
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = labels
    return rows


# ---- 01.2 ----------------------------------------------------------------------------------------


def pictures(rng):
    yield Case("4 pictures of 2 x 2 pixels", np.arange(16.0).reshape(4, 2, 2), 2)
    yield Case("6 pictures of 3 x 4 pixels in 2 rows", rng.random((6, 3, 4)), 3)
    yield Case("10 pictures of 2 x 5 pixels in 5 rows", rng.random((10, 2, 5)), 2)
    yield Case("all in one row", rng.random((3, 4, 2)), 3)
    yield Case("one below the other", rng.random((4, 2, 3)), 1)
    yield Case("bytes", rng.integers(0, 256, (6, 4, 3), dtype=np.uint8), 2)


def sheet(images, columns, order=(0, 2, 1, 3), down_first=False):
    n, h, w = images.shape
    rows = n // columns
    if down_first:
        images = images.reshape(columns, rows, h, w).transpose(1, 0, 2, 3)
    table = images.reshape(rows, columns, h, w).transpose(order)
    return table.reshape(rows * h, columns * w)


# ---- 01.3 ----------------------------------------------------------------------------------------


def batches(rng):
    two = np.array([1.0, 3.0, 1.0, 3.0]).reshape(2, 1, 1, 2)
    yield Case("4 numbers in one channel, by hand", two)
    for n, c, h, w in ((4, 3, 5, 6), (2, 5, 3, 4), (5, 4, 2, 4)):
        scales = rng.uniform(0.5, 3, (1, c, 1, 1))
        images = scales * rng.normal(size=(n, c, h, w)) + rng.normal(size=(1, c, 1, 1))
        yield Case(f"{n} pictures, {c} channels, {h} x {w} pixels", images)
    yield Case("float32", rng.random((3, 2, 4, 5), dtype=np.float32) + np.float32(0.5))


def over(axes):
    def standardise(images):
        mean = images.mean(axis=axes, keepdims=True)
        std = images.std(axis=axes, keepdims=True)
        return (images - mean) / np.where(std == 0, 1, std).astype(images.dtype)

    return standardise


def by_variance(images):
    mean = images.mean(axis=(0, 2, 3), keepdims=True)
    return (images - mean) / images.var(axis=(0, 2, 3), keepdims=True)


def by_sample_std(images):
    mean = images.mean(axis=(0, 2, 3), keepdims=True)
    return (images - mean) / images.std(axis=(0, 2, 3), keepdims=True, ddof=1)


def only_shifted(images):
    return images - images.mean(axis=(0, 2, 3), keepdims=True)


# ---- 01.4 ----------------------------------------------------------------------------------------


def filled_rows(rng):
    x = np.array([[1.0, 3.0, 0.0, 0.0], [2.0, 4.0, 6.0, 0.0]])
    yield Case("two rows by hand, filled up with zeros", x, np.array([2, 3]))
    x = rng.normal(size=(5, 7))
    yield Case("filled up with other numbers", x, np.array([7, 1, *rng.integers(2, 7, 3)]))
    yield Case("as many rows as columns", rng.normal(size=(4, 4)), np.array([1, 3, 4, 2]))
    x = rng.normal(size=(3, 9)).astype(np.float32)
    yield Case("float32", x, np.array([4, 9, 2]))


def on_two_devices(mean_rows, x, lengths):
    """With NumPy, and with a strict stand-in for another device."""
    import numpy as np

    class There:
        """An array that NumPy may not touch."""

        __array_ufunc__ = None  # NumPy's operators step back: those set below decide

        def __init__(self, hidden):
            self.hidden = np.asarray(hidden)
            self.shape, self.dtype = self.hidden.shape, self.hidden.dtype
            self.ndim, self.size = self.hidden.ndim, self.hidden.size

        def __len__(self):
            return len(self.hidden)

        def __array__(self, *_, **__):
            raise TypeError("NumPy was given an array of another device: use xp in place of np")

        def __array_function__(self, function, *_):
            name = function.__name__
            raise TypeError(f"np.{name} was given an array of another device: use xp.{name}")

    def brought(value):
        """What is behind the guard."""
        if isinstance(value, np.ndarray):
            raise TypeError("an array made with np met one of another device: make it with xp")
        if isinstance(value, tuple | list):
            return type(value)(brought(part) for part in value)
        return value.hidden if isinstance(value, There) else value

    def guarded(function):
        def call(*given, **options):
            options = {name: brought(value) for name, value in options.items()}
            found = function(*brought(given), **options)
            return There(found) if isinstance(found, np.ndarray | np.generic) else found

        return call

    class Module:
        """NumPy's names, for arrays of that device alone."""

        def __getattr__(self, name):
            found = getattr(np, name)
            return found if isinstance(found, type) or not callable(found) else guarded(found)

    comparisons = ["__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"]
    for name in [*comparisons, *sorted(set(dir(np.ndarray)) - set(dir(There)))]:
        function = getattr(np.ndarray, name)
        if callable(function) and not name.startswith(("__array", "__iter__")):
            setattr(There, name, guarded(function))

    here = mean_rows(x, lengths, np)
    there = mean_rows(There(x), There(lengths), Module())
    return here, brought(there)


def whole_rows(x, lengths, xp):
    return x.mean(axis=1)


def divided_by_all(x, lengths, xp):
    inside = xp.arange(x.shape[1]) < lengths[:, None]
    return xp.where(inside, x, 0).sum(axis=1) / x.shape[1]


def one_too_many(x, lengths, xp):
    inside = xp.arange(x.shape[1]) <= lengths[:, None]
    return xp.where(inside, x, 0).sum(axis=1) / lengths.astype(x.dtype)


def all_by_length(x, lengths, xp):
    return x.sum(axis=1) / lengths.astype(x.dtype)


CHECKS = {
    "01.1": Check(
        cases=labelled,
        outputs=("rows",),
        mistakes=[
            Mistake(
                "whole-columns",
                whole_columns,
                "There is more than one 1 in a row: with `:` for the rows, each label writes to "
                "its whole column. Each row needs an index of its own.",
            ),
            Mistake(
                "label-as-row",
                first_rows,
                "The label was used as the number of the row, too. Row i belongs to labels[i].",
            ),
            Mistake(
                "labels-written",
                the_labels_themselves,
                "The right places, but the labels themselves stand there in place of a one.",
            ),
            Mistake(
                "nothing-written",
                lambda labels, classes: np.zeros((len(labels), classes), np.float32),
                "There is no 1 at all. If you wrote some: `rows[a][:, b] = 1` writes into a copy, "
                "because indexing with an array makes one. Use both indices at once.",
            ),
        ],
    ),
    "01.2": Check(
        cases=pictures,
        outputs=("sheet",),
        mistakes=[
            Mistake(
                "no-transpose",
                lambda images, columns: sheet(images, columns, (0, 1, 2, 3)),
                "The shape is right, and the numbers come in their old order: reshape moves none. "
                "Each picture is cut into slices. Which axes must be neighbours before they are "
                "joined?",
            ),
            Mistake(
                "down-first",
                lambda images, columns: sheet(images, columns, down_first=True),
                "The pictures are whole, but they run down the columns. They should fill the rows "
                "from left to right.",
            ),
            Mistake(
                "interleaved",
                lambda images, columns: sheet(images, columns, (0, 2, 3, 1)),
                "Within a row of pixels the pictures alternate, a pixel of each: the last two axes "
                "are in the wrong order when they are joined.",
            ),
        ],
    ),
    "01.3": Check(
        cases=batches,
        outputs=("images",),
        rtol=1e-6,
        atol=1e-8,
        mistakes=[
            Mistake(
                "each-picture",
                over((2, 3)),
                "Each picture has been given a mean and a deviation of its own. They should be "
                "shared by all pictures: over which axis is that?",
            ),
            Mistake(
                "all-channels",
                over(None),
                "One mean and one deviation for everything. Each channel should have its own.",
            ),
            Mistake(
                "each-pixel",
                over((0,)),
                "Each pixel has been given a mean of its own, over the pictures. The pixels of a "
                "channel should share it.",
            ),
            Mistake(
                "channels-of-a-picture",
                over((1, 2, 3)),
                "The mean went over the channels of each picture, as for (N, ...). The channels "
                "are axis 1, and that one should be left.",
            ),
            Mistake(
                "variance",
                by_variance,
                "The mean is right. What you divide by is the variance; the standard deviation is "
                "its root.",
            ),
            Mistake(
                "sample-std",
                by_sample_std,
                "The mean is right. The deviation is a little too large: it was divided by one "
                "less than the count (`ddof=1`). Here the plain one is meant.",
            ),
            Mistake(
                "only-shifted",
                only_shifted,
                "The means are 0, but the deviations are what they were.",
            ),
        ],
    ),
    "01.4": Check(
        cases=filled_rows,
        outputs=("means", "means on another device"),
        call=on_two_devices,
        mistakes=[
            Mistake(
                "whole-rows",
                whole_rows,
                "These are the means of whole rows: what was filled in has been counted.",
            ),
            Mistake(
                "divided-by-all",
                divided_by_all,
                "The sums are right. They are divided by the length of the whole row, and not by "
                "how many numbers were added.",
            ),
            Mistake(
                "one-too-many",
                one_too_many,
                "One number too many is in each sum. With length 2 the columns 0 and 1 count.",
            ),
            Mistake(
                "all-by-length",
                all_by_length,
                "The divisors are right. The sums go over the whole rows: it goes well only where "
                "zeros were filled in.",
            ),
        ],
    ),
}
