# diagnosis: variance
def standardise(images):
    axes = (0, 2, 3)
    return (images - images.mean(axes, keepdims=True)) / images.var(axes, keepdims=True)
