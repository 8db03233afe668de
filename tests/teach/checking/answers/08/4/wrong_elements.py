# diagnosis: element-by-element
import numpy as np


def clip_grad_norm(gradients, max_norm):
    return [np.clip(gradient, -max_norm, max_norm) for gradient in gradients]
