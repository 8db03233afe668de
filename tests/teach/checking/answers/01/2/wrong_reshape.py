# diagnosis: no-transpose
def im_grid(images, columns):
    n, h, w = images.shape
    return images.reshape(n // columns * h, columns * w)
