"""Adam in plain NumPy, for the frameworks that bring no optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from .workloads import Workload


class NumpyAdam:
    """Adam (Kingma and Ba, 2015), updating the given arrays in place.

    Parameters
    ----------
    parameters : sequence of ndarray
    workload : Workload
        Gives the learning rate and the betas.
    """

    def __init__(self, parameters: Sequence[np.ndarray], workload: Workload) -> None:
        self.parameters = parameters
        self.learning_rate = workload.learning_rate
        self.betas = workload.betas
        self.eps = 1e-8
        self.steps = 0
        self.first_moments = [np.zeros_like(parameter) for parameter in parameters]
        self.second_moments = [np.zeros_like(parameter) for parameter in parameters]

    def step(self, gradients: Iterable[np.ndarray]) -> None:
        """Move every parameter once, the gradients being in the parameters' order."""
        self.steps += 1
        beta1, beta2 = self.betas
        second_correction = (1 - beta2**self.steps) ** 0.5
        rate = self.learning_rate * second_correction / (1 - beta1**self.steps)
        eps = self.eps * second_correction
        moments = zip(self.first_moments, self.second_moments, strict=True)
        for parameter, gradient, (first, second) in zip(
            self.parameters, gradients, moments, strict=True
        ):
            first *= beta1
            first += (1 - beta1) * gradient
            second *= beta2
            second += (1 - beta2) * (gradient * gradient)
            parameter -= rate * first / (np.sqrt(second) + eps)
