# diagnosis: shape
def im_grid(images, columns):
    n, h, w = images.shape
    rows = n // columns
    table = images.reshape(columns, rows, h, w)
    return table.transpose(0, 2, 1, 3).reshape(columns * h, rows * w)
