import numpy as np


def clip_grad_norm(gradients, max_norm):
    whole = np.concatenate([gradient.ravel() for gradient in gradients])
    norm = float(np.linalg.norm(whole))
    clipped = []
    for gradient in gradients:
        copied = gradient.copy()
        if norm > max_norm:
            copied *= max_norm / norm
        clipped.append(copied)
    return clipped
