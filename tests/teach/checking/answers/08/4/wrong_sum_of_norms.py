# diagnosis: sum-of-norms
import numpy as np


def clip_grad_norm(gradients, max_norm):
    norm = sum(np.linalg.norm(gradient) for gradient in gradients)
    factor = min(1.0, max_norm / (float(norm) + 1e-6))
    return [gradient * factor for gradient in gradients]
