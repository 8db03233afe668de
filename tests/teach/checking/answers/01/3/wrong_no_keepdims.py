# diagnosis: exception
def standardise(images):
    mean = images.mean(axis=(0, 2, 3))
    std = images.std(axis=(0, 2, 3))
    return (images - mean) / std
