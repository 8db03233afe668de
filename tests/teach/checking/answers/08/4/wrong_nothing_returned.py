# diagnosis: nothing-returned
import numpy as np


def clip_grad_norm(gradients, max_norm):
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    [gradient * min(1.0, max_norm / (norm + 1e-6)) for gradient in gradients]
