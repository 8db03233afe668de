import numpy as np


def standardise(images):
    even = np.empty_like(images)
    for c in range(images.shape[1]):
        channel = images[:, c]
        even[:, c] = (channel - channel.mean()) / channel.std()
    return even
