# diagnosis: each-picture
def standardise(images):
    mean = images.mean(axis=(2, 3), keepdims=True)
    std = images.std(axis=(2, 3), keepdims=True)
    return (images - mean) / std
