# diagnosis: not-finite
import numpy as np


def clip_grad_norm(gradients, max_norm):
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    factor = max_norm / norm
    return [gradient * np.minimum(factor, 1) if norm else gradient / norm for gradient in gradients]
