# diagnosis: changed-argument
import numpy as np


def clip_grad_norm(gradients, max_norm):
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    for gradient in gradients:
        gradient *= min(1.0, max_norm / (float(norm) + 1e-6))
    return gradients
