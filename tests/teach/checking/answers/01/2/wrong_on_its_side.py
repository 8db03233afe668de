# diagnosis: transposed-shape
def im_grid(images, columns):
    n, h, w = images.shape
    rows = n // columns
    table = images.reshape(rows, columns, h, w)
    return table.transpose(1, 3, 0, 2).reshape(columns * w, rows * h)
