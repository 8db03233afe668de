# %% [markdown] lesson="06" minutes=45 builds_on=["02","03"]
# # 06 · Convolution, from loops to matrix products
#
# **You will be able to**
# - compute a convolution by hand, with loops, and as one product of matrices;
# - say how large the result is before you run it, and what padding does to the borders;
# - derive the gradients of convolution and of max pooling, and prove that they are right;
# - recognise common bugs by a picture of what is wrong.
#
# 45 minutes with exercises 06.1 and 06.2; the other two are good for a second sitting. It builds on
# lessons 02 (how gradients flow back) and 03 (how one proves a gradient).
#
# **A belief to test.** Three sentences that sound right: *a convolution flips the kernel*, as books
# of mathematics say; *it is another operation than a product of matrices*; *padding is cosmetic*.
# Keep them in mind: at the end you will have numbers for each.

# %% setup
import inspect

import numpy as np
from matplotlib.patches import Rectangle

import tinygen as tg
from tinygen.nn import functional as F
from tinygen.ops.conv import geometry_of, image_to_columns
from tinygen.plots.style import PALETTE, diverging_map, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

rng = begin("06")


def gallery(panels, name, alt):
    """Pictures in a row: grey from 0 to 1, or blue for minus and orange for plus."""
    with look():
        figure = new_figure(7.5, 2.2)
        places = figure.subplots(1, len(panels))
        for axes, (title, pixels) in zip(places, panels.items(), strict=True):
            most = max(np.abs(pixels).max(), 1)
            lowest, colours = (-most, diverging_map()) if pixels.min() < 0 else (0, "gray")
            axes.imshow(pixels, cmap=colours, vmin=lowest, vmax=most)
            axes.set(title=title, xticks=[], yticks=[])
            axes.spines[:].set(visible=True, color="#BBBBBB")
    picture(figure, name, alt)

# %% [markdown]
# ## 1. A few products and a sum
# A picture x of 3 x 3 pixels, and a kernel w of 2 x 2 weights:
#
#          1 2 3
#      x = 0 1 4      w = 1 2
#          2 0 1          3 4
#
# Lay the kernel on the top left corner of the picture. Multiply the numbers that lie on each other,
# and add up: 1·1 + 2·2 + 0·3 + 1·4 = 9. Move the kernel one to the right: 2·1 + 3·2 + 1·3 + 4·4 =
# 27. The second row gives 8 and 13. That is all:
#
#     y[i, j] = Σ over u and v:  x[i + u, j + v] · w[u, v]
#
# How large is y? Let the picture have H rows and the kernel KH. *Padding* p adds p rows of zeros
# above and p below. Then the kernel can begin in H + 2p - KH + 1 rows. With a *stride* s it moves s
# rows at a time, so it begins in every s-th of them (// divides and rounds down). Columns alike.
#
#     rows of y = (H + 2p - KH) // s + 1

# %%
predict(
    "06.p1",
    "A picture of 28 x 28, a kernel of 5 x 5, padding 1, stride 2. The result has",
    ["12 x 12 pixels", "13 x 13 pixels", "14 x 14 pixels"],
)

# %% The formula, letter by letter
def slide(x, w):
    """One picture, one kernel, no padding, stride 1."""
    rows, cols = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    y = np.zeros((rows, cols))
    for i in range(rows):
        for j in range(cols):
            y[i, j] = (x[i : i + w.shape[0], j : j + w.shape[1]] * w).sum()
    return y


x = np.array([[1.0, 2, 3], [0, 1, 4], [2, 0, 1]])
w = np.array([[1.0, 2], [3, 4]])
library = F.conv2d(tg.tensor(x[None, None]), tg.tensor(w[None, None])).numpy()[0, 0]
print("kernel as it is:", slide(x, w).tolist())
print("kernel flipped: ", slide(x, w[::-1, ::-1]).tolist())
print("the library:    ", library.tolist())
assert np.array_equal(slide(x, w), [[9, 27], [8, 13]]), "the sums that we did by hand"
assert np.array_equal(library, slide(x, w)), "the library slides the kernel as it is"

y = F.conv2d(tg.ones(1, 1, 28, 28), tg.ones(1, 1, 5, 5), stride=2, padding=1)
assert y.shape == (1, 1, 13, 13), "the formula must give the library's size"
reveal("06.p1", "b", "(28 + 2·1 - 5) // 2 + 1 = 25 // 2 + 1 = 12 + 1. Half a step is no step.")

# %% [markdown]
# The first belief has met its numbers. The mathematician's convolution flips the kernel, upside
# down and left to right. What deep learning calls convolution does not: strictly speaking it is a
# *cross-correlation*. Weights that are learned just come out the other way round. But whoever takes
# a kernel from a book, or writes the gradient, has to know.
#
# ## 2. Channels, a batch, stride and padding
# Pictures come in batches (N of them), with channels (C: red, green and blue, or what an earlier
# layer made). A layer has O kernels. Each spans all channels of the picture, and makes one channel
# of y; b has one number for each kernel, which is added. With xp for x and its border of zeros:
#
#     y[n, o, i, j] = b[o] + Σ  xp[n, c, i·s + u, j·s + v] · w[o, c, u, v]
#                         c,u,v

# %% Convolution with loops exercise="06.1" difficulty=2 minutes=10 lines=10
def conv2d(x, w, b, stride=1, padding=0):
    """Slide kernels over pictures.

    x: pictures, (N, C, H, W)
    w: kernels, (O, C, KH, KW)
    b: one number for each kernel, (O,)
    stride: by how much the window moves, down and to the right
    padding: how many rows and columns of zeros are added on each of the four sides

    Returns y of shape (N, O, rows, columns), in the dtype of x.
    """
    ### BEGIN SOLUTION
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = w.shape[2:]
    rows, cols = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    y = np.zeros((len(x), len(w), rows, cols), x.dtype)
    for i in range(rows):
        for j in range(cols):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + kh, left : left + kw]
            for o in range(len(w)):
                y[:, o, i, j] = (window * w[o]).sum((1, 2, 3)) + b[o]
    return y
    ### END SOLUTION

# %% [markdown] hints="06.1"
# 1. `slide` above has two loops. Which of the new axes n, o and c need a loop of their own, and
#    over which can NumPy sum at once?
# 2. Pad first: `np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))` leaves batch and channels as they are.
#    The padded picture has H + 2p rows: with its own shape, the formula for the size needs no p.
# 3. For each i and j cut out `window`, from row i·stride and column j·stride on: its shape is
#    (N, C, KH, KW). For each kernel o, `window * w[o]` has the same shape. Sum it over its last
#    three axes: N numbers are left, for y[:, o, i, j]. Add b[o].

# %% Filters: kernels that were thought up, not learned
letter = tg.data.draw_glyphs(1, seed=8, characters="R")[0][None] / 255  # (1, 1, 28, 28)
edge = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])  # what is right less what is left
mean = np.full((3, 3), 1 / 9)
kernels = np.stack([edge, edge.T, mean])[:, None]
maps = conv2d(letter, kernels, np.zeros(3), padding=1)

right = F.conv2d(tg.tensor(letter), tg.tensor(kernels), padding=1).numpy()
assert np.abs(maps - right).max() <= 1e-8, "the loops and the library must agree"
gallery(
    {"a letter": letter[0, 0], "left-right edges": maps[0, 0], "top-bottom edges": maps[0, 1],
     "mean of 3 x 3": maps[0, 2]},
    "filters",
    "a drawn R, and what three kernels make of it. Orange: going right (or down) it gets lighter "
    "there; blue: darker. The mean is a blur",
)

# %% Padding is not cosmetic
paper = 1 - letter  # dark ink on white paper
bare, framed = paper, paper
for _ in range(6):
    bare = conv2d(bare, mean[None, None], np.zeros(1))
    framed = conv2d(framed, mean[None, None], np.zeros(1), padding=1)
used = np.zeros((28, 28))  # in how many windows of 3 x 3 each pixel is, without padding
for i in range(26):
    for j in range(26):
        used[i : i + 3, j : j + 3] += 1

assert bare.shape[2:] == (16, 16), "each blur without padding loses a row on every side"
assert framed[0, 0, 0, 0] < 0.25 < paper[0, 0, 0, 0], "zeros are black, and seep in"
assert (used[0, 0], used[0, 9], used[9, 9]) == (1, 3, 9), "the corner, the edge, the inside"
gallery(
    {"on paper": paper[0, 0], "no padding: 16 x 16": bare[0, 0], "padding 1: 28 x 28": framed[0, 0],
     "windows per pixel": used / 9},
    "padding",
    "the R on white paper. The mean of 3 x 3, six times: without padding the picture shrinks; with "
    "a border of zeros it keeps its size, and a dark frame grows. Last, how often windows use a "
    "pixel if there is no padding: once in the corner (black), nine times inside (white)",
)

# %% [markdown]
# Padding decides three things: the size, how much the pixels at the border count, and which strange
# numbers are mixed into them. The third belief has met its picture.
#
# ## 3. The same sums as a product of matrices
# Write each window as a column, all its pixels below each other, and each kernel as a row, in the
# same order. Row times column is the sum that we want, and one product of matrices makes all of
# them. The function that lays out the windows is called `im2col`, image to columns:
#
#     y = W · columns + b
#
#     W        (O, C·KH·KW)              a row for each kernel
#     columns  (C·KH·KW, N·rows·cols)    a column for each window
#     y        (O, N·rows·cols)          a row for each channel
#
# Down a column, go through the window as `w[o].ravel()` goes through a kernel: channel, row,
# column. From left to right come the windows: picture by picture, in each one as you read.

# %% Windows as columns exercise="06.2" difficulty=3 minutes=10 lines=9
def im2col(x, kernel_size, stride=1, padding=0):
    """Lay out every window as a column of a matrix.

    x: pictures, (N, C, H, W)
    kernel_size: a pair, (KH, KW)
    stride, padding: as for conv2d

    Returns a matrix of shape (C * KH * KW, N * rows * cols), in the dtype of x. Down a column:
    channel, then row, then column within the window. Along a row: picture, then row, then column
    of the place where the window lies.
    """
    ### BEGIN SOLUTION
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (n, c, height, width), (kh, kw) = x.shape, kernel_size
    rows, cols = (height - kh) // stride + 1, (width - kw) // stride + 1
    columns = np.zeros((c, kh, kw, n, rows, cols), x.dtype)
    for u in range(kh):
        for v in range(kw):
            pixels = x[:, :, u : u + rows * stride : stride, v : v + cols * stride : stride]
            columns[:, u, v] = pixels.transpose(1, 0, 2, 3)
    return columns.reshape(c * kh * kw, n * rows * cols)
    ### END SOLUTION

# %% [markdown] hints="06.2"
# 1. The matrix has two axes, but six numbers say where an entry belongs: c, u, v and n, i, j. What
#    if you first made an array with these six axes?
# 2. Make `columns` of shape (C, KH, KW, N, rows, cols), fill it, and reshape it at the end: the
#    first three axes become one, and so do the last three. Loop over the places i, j; or, with
#    fewer steps, over the places u, v within the window.
# 3. For one u and one v, all windows together need the rows u, u + stride, u + 2·stride, ...: a
#    slice that begins at u, ends at u + rows·stride, and steps by stride; columns alike. What you
#    cut out is (N, C, rows, cols), and `columns[:, u, v]` wants C first: transpose.

# %% The film strip, and the matrix that it fills
def squares(numbers, colours, left, top):
    """Numbers in coloured squares."""
    for (i, j), number in np.ndenumerate(numbers):
        axes.add_patch(Rectangle((left + j, top + i), 1, 1, fc=colours[i, j], ec="#888888"))
        axes.text(left + j + 0.5, top + i + 0.55, f"{number:g}", ha="center", va="center")


with look():
    figure = new_figure(7.5, 3.9)
axes = figure.subplots()
axes.set(xlim=(-0.3, 16.6), ylim=(9.2, -0.3), aspect="equal")
axes.axis("off")
tints = [PALETTE[4], PALETTE[5], "#8FD6BF", "#E5B3CF"]
for place, (i, j) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
    colours = np.full((3, 3), "#FFFFFF")
    colours[i : i + 2, j : j + 2] = tints[place]
    squares(x, colours, 4.4 * place, 0)
columns, row = im2col(x[None, None], (2, 2)), w.reshape(1, 4)
squares(row, np.full((1, 4), "#EEEEEE"), 0, 5.5)
squares(columns, np.array([tints] * 4), 6, 4)
squares(row @ columns, np.array([tints]), 12, 5.5)
for left, top, words in [(5, 6, "×"), (11, 6, "="), (2, 9, "w"), (8, 9, "columns"), (14, 9, "y")]:
    axes.text(left, top, words, ha="center", va="center", size=11)
picture(figure, "columns", "the four windows of x, each in a colour. Below: w as a row, times the "
        "matrix that has these windows as columns, is the row of the four sums")
assert (row @ columns).tolist() == [[9, 27, 8, 13]], "the sums that we did by hand"

# %%
predict(
    "06.p2",
    "32 pictures with 16 channels of 28 x 28 numbers (float32) take 1.6 MB. Laid out in columns, "
    "for windows of 3 x 3 and padding 1, they take about",
    ["1.6 MB: the numbers are the same", "5 MB", "14 MB"],
)

# %% One product, and what it costs
x = rng.random((32, 16, 28, 28), dtype=np.float32)
w = rng.standard_normal((24, 16, 3, 3), dtype=np.float32)
y = w.reshape(24, -1) @ im2col(x, (3, 3), padding=1)
y = y.reshape(24, 32, 28, 28).transpose(1, 0, 2, 3)
right = F.conv2d(tg.tensor(x), tg.tensor(w), padding=1).numpy()
assert np.abs(y - right).max() < 1e-3, "one product of matrices is the whole convolution"

for size in (1, 3, 5, 7):
    times = im2col(x, (size, size), padding=size // 2).nbytes / x.nbytes
    print(f"windows of {size} x {size}: {times:2.0f} times the memory of the pictures")
    assert times == size**2, "every pixel is copied as often as a window has places"
print(f"steps of Python loops: conv2d {28 * 28 * 24}, im2col {3 * 3}")
reveal("06.p2", "c", "9 · 1.6 MB: a pixel is in 9 windows, and is copied to each of them.")

# %% [markdown]
# So im2col buys speed with memory: nine steps of a loop and one product, which a tuned library
# does. The multiplications are the same. (The library's fast code, in `tinygen/fast/conv.py`, makes
# the columns of a few pictures at a time, and never needs much memory.) The second belief has met
# its number: a convolution *is* a product of matrices.
#
# ## 4. Backwards
# Write dy for ∂L/∂y, and so on for the others. Someone hands us dy and wants dw, db and dx. Let dY
# be dy with a row for each kernel, (O, N·rows·cols), as y was when it came out of the product. How
# gradients flow back through a product you know from lesson 02:
#
#     dW = dY · columnsᵀ
#     db = Σ of each row of dY
#     dcolumns = Wᵀ · dY
#
# One step is left, from columns to pixels. im2col only copies. A pixel that was copied to four
# windows acts on the loss through four copies, so its gradient is the *sum* over them. The way back
# goes through the same places with the arrow turned round; it is called `col2im`:
#
#     im2col copies:  columns[:, u, v]  =  padded[slice]
#     col2im adds:    dpadded[slice]   +=  dcolumns[:, u, v]
#
# and at the end the padding is cut off. With windows of 2 x 2 in a picture of 3 x 3, a corner is in
# one window and the middle in four: ones everywhere in dcolumns become 1 2 1 / 2 4 2 / 1 2 1.
#
# How can one be sure? A convolution without b is linear: y = C·x, with one large matrix C that is
# mostly zeros. So dx = Cᵀ·dy, and for any x and any dy, with ⟨p, q⟩ for the sum of all p·q,
#
#     ⟨C·x, dy⟩ = Σᵢ Σⱼ Cᵢⱼ · xⱼ · dyᵢ = ⟨x, Cᵀ·dy⟩
#
# This test needs no small step h, as lesson 03's did, and is exact but for rounding.

# %% Convolution backwards exercise="06.3" difficulty=4 minutes=15 lines=12 needs=["06.2"]
def conv2d_backward(dy, x, w, stride=1, padding=0):
    """The gradients of conv2d(x, w, b, stride, padding).

    dy: ∂L/∂y, (N, O, rows, cols)
    x, w, stride, padding: what conv2d got

    Returns dx, dw, db: ∂L/∂x, ∂L/∂w and ∂L/∂b, in the shapes of x, of w and of b.
    You may call im2col(x, (KH, KW), stride, padding).
    """
    ### BEGIN SOLUTION
    (n, o, rows, cols), (_, c, kh, kw) = dy.shape, w.shape
    height, width = x.shape[2:]
    d_y = dy.transpose(1, 0, 2, 3).reshape(o, -1)
    dw = (d_y @ im2col(x, (kh, kw), stride, padding).T).reshape(w.shape)
    db = d_y.sum(axis=1)
    d_columns = (w.reshape(o, -1).T @ d_y).reshape(c, kh, kw, n, rows, cols)
    dx = np.zeros((n, c, height + 2 * padding, width + 2 * padding), x.dtype)
    for u in range(kh):
        for v in range(kw):
            place = dx[:, :, u : u + rows * stride : stride, v : v + cols * stride : stride]
            place += d_columns[:, u, v].transpose(1, 0, 2, 3)
    return dx[:, :, padding : padding + height, padding : padding + width], dw, db
    ### END SOLUTION

# %% [markdown] hints="06.3"
# 1. Do the three gradients one after the other: the check says which of them are right already. For
#    dY you need a row for each kernel: which axis of dy must come first before you reshape?
# 2. `dy.transpose(1, 0, 2, 3).reshape(O, -1)` is dY. db and dw are one line each, from the formulas
#    above (dw in the shape of w). For dx compute Wᵀ·dY, and give it the six axes that the columns
#    had inside im2col: (C, KH, KW, N, rows, cols).
# 3. Make zeros of the shape of the *padded* x. Loop over u and v, take the same slice as in im2col,
#    and add `d_columns[:, u, v]` to it, transposed so that N comes first again. At the end cut the
#    padding off: rows from `padding` to `padding + H`, which is right for padding 0 too.

# %% Two proofs, and the library's own code
x, w = rng.standard_normal((2, 3, 9, 8)), rng.standard_normal((4, 3, 3, 2))
b, dy = np.zeros(4), rng.standard_normal((2, 4, 5, 5))
dx, dw, db = conv2d_backward(dy, x, w, stride=2, padding=1)
there = (conv2d(x, w, b, stride=2, padding=1) * dy).sum()
print(f"⟨C·x, dy⟩ {there:.9f}   ⟨x, dx⟩ {(x * dx).sum():.9f}   ⟨w, dw⟩ {(w * dw).sum():.9f}")
assert abs(there - (x * dx).sum()) <= 1e-8, "dx must be Cᵀ·dy"
assert abs(there - (w * dw).sum()) <= 1e-8, "y is linear in w too, so the same holds for dw"

tensors = [tg.tensor(value, requires_grad=True) for value in (x, w, b)]
F.conv2d(*tensors, stride=2, padding=1).backward(tg.tensor(dy))
for name, mine, tensor in zip(("dx", "dw", "db"), (dx, dw, db), tensors, strict=True):
    assert np.abs(mine - tensor.grad.numpy()).max() <= 1e-8, f"{name} must equal the library's"

with tg.plain():  # without the fast doubles of its functions
    columns = image_to_columns(np, x, geometry_of("conv2d", (9, 8), (3, 2), stride=2, padding=1))
assert np.array_equal(columns[0], im2col(x, (3, 2), 2, 1)), "the library fills the same matrix"
print("\ntinygen/ops/conv.py has im2col in its last four lines here:\n")
print(inspect.getsource(image_to_columns))

# %% Break it: three wrong ways back
w, dy = rng.standard_normal((1, 1, 3, 3)), rng.standard_normal((1, 1, 28, 28))
x, padded, inner = np.zeros((1, 1, 28, 28)), np.zeros((1, 1, 30, 30)), np.zeros((1, 1, 28, 28))
inner[..., 1:-1, 1:-1] = dy[..., 1:-1, 1:-1]
right = conv2d_backward(dy, x, w, padding=1)[0]
wrong = {
    "A": conv2d_backward(dy, x, w[..., ::-1, ::-1], padding=1)[0],  # the kernel turned round
    "B": conv2d_backward(inner, x, w, padding=1)[0],  # no window that reaches over the edge
    "C": conv2d_backward(dy, padded, w)[0][..., 2:, 2:],  # padding cut off at one end only
}
off = {name: (yours - right)[0, 0] for name, yours in wrong.items()}
gallery(off, "wrong", "yours minus right for three bugs. A and C: noise everywhere. B: a frame, "
        "two pixels wide, and nothing inside")
assert np.abs(off["B"][2:-2, 2:-2]).max() < 1e-12 < np.abs(off["B"]).max(), "B: only the frame"
assert min(np.abs(off[name][2:-2, 2:-2]).max() for name in "AC") > 0.1, "A and C: everywhere"

# %% [markdown]
# A and C look alike: noise everywhere says no more than that the formula is wrong, or that all is
# shifted. B is another matter. **A frame with nothing inside means: look at the padding.** A single
# number for the whole error would have told you less. And with our letter as dy there would be no
# error at all, as its border is black: that is why checks draw random numbers, in pictures that are
# larger than the kernel.
#
# ## 5. Max pooling: the winner takes all
# Max pooling of 2 x 2 with stride 2 keeps the largest number of each window of 2 x 2. Only that one
# acts on y: it gets all of dy, and the other three get 0. But who wins a tie? That is no rare case:
# after a ReLU (which makes 0 of all that is negative) many windows are four equal zeros. At a tie
# there is no derivative, and one has to choose.

# %%
predict(
    "06.p3",
    "A window of four zeros is pooled, and the gradient 1 comes back. The library gives",
    ["1 to each of the four", "1/4 to each", "1 to the first, 0 to the others"],
)

# %% Max pooling backwards exercise="06.4" difficulty=3 minutes=10 lines=9
def max_pool2d_backward(dy, x, kernel_size, stride):
    """The gradient of max pooling, without padding.

    dy: ∂L/∂y, (N, C, rows, cols)
    x: what was pooled, (N, C, H, W)
    kernel_size: how many rows, and columns, a window has
    stride: by how much the window moves; if it is less than kernel_size, windows overlap

    Returns dx, in the shape and dtype of x. Where a window has several equal largest numbers, the
    first of them in reading order gets the gradient.
    """
    ### BEGIN SOLUTION
    n, c, rows, cols = dy.shape
    dx = np.zeros(x.shape, x.dtype)
    which, channel = np.arange(n)[:, None], np.arange(c)
    for i in range(rows):
        for j in range(cols):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + kernel_size, left : left + kernel_size]
            u, v = divmod(window.reshape(n, c, -1).argmax(axis=2), kernel_size)
            dx[which, channel, top + u, left + v] += dy[:, :, i, j]
    return dx
    ### END SOLUTION

# %% [markdown] hints="06.4"
# 1. Take one window of one channel. Which function of NumPy says *where* the largest number is, and
#    which of several equal ones does it name?
# 2. `argmax` of a flat window counts in reading order and names the first. `divmod(number,
#    kernel_size)` makes a row u and a column v within the window out of that one number.
# 3. Loop over n, c, i and j. The window begins at row i·stride and column j·stride, and the winner
#    lies u rows below and v columns to the right. Add dy[n, c, i, j] to dx there. Add, and do not
#    set: where windows overlap, one number can win several of them.

# %% Where the gradient goes
maps = np.maximum(conv2d(letter, kernels[:2], np.zeros(2), padding=1), 0)  # edges, after a ReLU
windows = maps.reshape(1, 2, 14, 2, 14, 2)  # axes 2 and 4: which window; 3 and 5: place in it
equal = windows == windows.max((3, 5), keepdims=True)
first = max_pool2d_backward(np.ones((1, 2, 14, 14)), maps, 2, 2)
every = equal.reshape(maps.shape).astype(float)
print(f"windows with a tie: {(equal.sum((3, 5)) > 1).mean():.0%}")
print(f"gradient coming in {2 * 14 * 14}, to the first {first.sum():.0f}, to all {every.sum():.0f}")
assert first.sum() == 2 * 14 * 14 < every.sum() / 2, "what comes in must go out, once"

for size, stride in [(2, 2), (3, 2)]:
    pixels = tg.tensor(maps, requires_grad=True)
    y = F.max_pool2d(pixels, size, stride)
    dy = rng.standard_normal(y.shape)
    y.backward(tg.tensor(dy))
    off = max_pool2d_backward(dy, maps, size, stride) - pixels.grad.numpy()
    assert np.abs(off).max() <= 1e-12, "the library's winners, ties included"
gallery(
    {"edges, after ReLU": maps[0, 0] / maps.max(), "gradient to the first": first[0, 0],
     "to all equal ones": every[0, 0]},
    "pooling",
    "edges of the R after a ReLU; the gradient if each window sends 1 to the first of its largest "
    "numbers: one white pixel in each; if it sends 1 to all of them: the empty ground is all white",
)
reveal("06.p3", "c", "the first in reading order, as in PyTorch: what comes in goes out, once.")

# %% Real use: the first layer of a trained network, and a shift by one pixel
judge = tg.models.pretrained("judge")  # it tells handwritten digits apart
digit = tg.models.pretrained("cgan").sample(1, labels=[4])  # and this one draws them
picture(tg.plots.activations(judge, "convolutions.0", digit[0], limit=11), "first-layer",
        "a 4, and what 11 of the 24 kernels of the first layer make of it: some answer to strokes "
        "of one direction, some to their upper or lower edges")

kernels, b = (parameter.detach().numpy() for parameter in judge.convolutions[0].parameters())
pixels = ((digit - judge.mean) / judge.std).numpy()
shifted = np.roll(pixels, 1, axis=3)  # one pixel to the right
maps, moved = conv2d(pixels, kernels, b), conv2d(shifted, kernels, b)
assert np.abs(moved[..., 1:] - maps[..., :-1]).max() < 1e-5, "each map moves with the picture"
change = {}
for k in (1, 2, 4, 8, 24):
    before, after = (m.reshape(24, 24 // k, k, 24 // k, k).max((2, 4)) for m in (maps, moved))
    change[k] = np.linalg.norm(after - before) / np.linalg.norm(before)
    print(f"pooling of {k:2} x {k:<2}: the shift changes the maps by {change[k]:4.0%}")
assert change[2] > 0.7 * change[1], "a small pooling does not hide a shift"
assert change[24] < 0.1 * change[1], "pooling over the whole map forgets where something was"

# %% [markdown]
# Two words for what you saw. Convolution is *equivariant*: if the picture moves, its maps move
# along, and nothing else happens. Pooling over a whole map is *invariant*: it says that something
# is there, and no longer where. The article that this course puts right says that pooling captures
# features. No: kernels find them, and pooling throws places away, a small pooling less than is
# often said. (It also lists classification among the ways to generate pictures; but a label is no
# picture.)
#
# ## What changed in your head
# - Deep learning's convolution does not flip the kernel. Sliding is one way to compute it; a matrix
#   product is another. For windows of 3 x 3 it costs nine times the memory.
# - Its gradient uses the same windows with the arrow turned round: where im2col copies, col2im
#   adds. ⟨C·x, dy⟩ = ⟨x, dx⟩ proves it in one line.
# - Padding decides the size, and what happens at the border. If only a frame is wrong, look there.
#
# **Next**: lesson 07 trains a network of such layers, and asks how good it really is.

# %% [markdown] teacher="06"
# ## For the teacher
# **Questions to discuss.**
# 1. *If learning does not care whether the kernel is flipped, who does?* Whoever loads weights that
#    another program has trained, or compares with a formula; and mathematics, where the flip makes
#    x * w = w * x true.
# 2. *What is a convolution with kernels of 1 x 1, as a product of matrices?* The columns are the
#    pixels, each with its C numbers: the same dense layer at every pixel. im2col copies nothing
#    twice, so memory does not grow.
# 3. *Can both proofs be fooled?* The first can: ⟨C·x, dy⟩ compares dx with our own forward pass, so
#    if both flip the kernel, it holds. It proves that two parts fit each other, not that they are
#    what we wanted; the sums by hand and the library's numbers do that.
#
# **Commonest wrong answers.** 06.1: the kernel flipped; windows that move by one whatever the
# stride (right for stride 1); `np.zeros` without a dtype, which only float32 shows. 06.2: place by
# place instead of picture by picture. 06.3: `dy.reshape(O, -1)` without moving the axis O to the
# front, which one picture alone would not show; `=` for `+=`; `[padding:-padding]`, which is empty
# for padding 0. 06.4: a mask of all that equal the largest. The checker names each of these; where
# only a frame of dx is wrong, it says so.
#
# **In 10 minutes**: the picture of the four windows above their matrix, 06.p1 and 06.p2 by a show
# of hands, and the picture with A, B and C. **In 40 minutes**: sections 1 to 4 with exercises 06.1
# and 06.2 in class; 06.3, 06.4 and the shift by one pixel at home.
