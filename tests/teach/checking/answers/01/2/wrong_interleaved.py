# diagnosis: interleaved
def im_grid(images, columns):
    n, h, w = images.shape
    rows = n // columns
    table = images.reshape(rows, columns, h, w)
    return table.transpose(0, 2, 3, 1).reshape(rows * h, columns * w)
