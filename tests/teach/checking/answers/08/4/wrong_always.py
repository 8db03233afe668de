# diagnosis: always-scaled
import numpy as np


def clip_grad_norm(gradients, max_norm):
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    factor = max_norm / (float(norm) + 1e-6)
    return [gradient * factor for gradient in gradients]
