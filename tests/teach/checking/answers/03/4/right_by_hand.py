import numpy as np


def find_bug(layers, x):
    inputs = [x]
    for forward, _ in layers[:-1]:
        inputs.append(forward(inputs[-1]))
    worst = []
    for (forward, backward), given in zip(layers, inputs, strict=True):
        v = np.random.default_rng(3).uniform(0.5, 2, forward(given).shape)
        measured = np.zeros_like(given)
        for place in np.ndindex(given.shape):
            step = np.zeros_like(given)
            step[place] = 1e-5
            change = forward(given + step) - forward(given - step)
            measured[place] = (v * change).sum() / 2e-5
        worst.append(relative_error(backward(v, given), measured).max() > 1e-4)
    return worst.index(True) if any(worst) else -1
