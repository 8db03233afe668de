# diagnosis: each-by-its-own
import numpy as np


def clip_grad_norm(gradients, max_norm):
    clipped = []
    for gradient in gradients:
        norm = float(np.linalg.norm(gradient))
        clipped.append(gradient * min(1.0, max_norm / (norm + 1e-6)))
    return clipped
