# diagnosis: sample-std
def standardise(images):
    axes = (0, 2, 3)
    mean = images.mean(axis=axes, keepdims=True)
    return (images - mean) / images.std(axis=axes, keepdims=True, ddof=1)
