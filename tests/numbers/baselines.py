"""What simple models of binary pictures reach: the numbers beside which a network's stand."""

from __future__ import annotations

import numpy as np

__all__ = ["mixture_of_bernoullis"]

ROWS = 10_000
"""Pictures that are compared with all components at once."""


def mixture_of_bernoullis(
    train: np.ndarray, test: np.ndarray, components: int, rounds: int, seed: int
) -> float:
    """The mean negative log-likelihood, in nats a picture, by a mixture of independent pixels.

    ``p(x) = sum_k w_k prod_j p_kj^x_j (1 - p_kj)^(1 - x_j)`` (C. Bishop, "Pattern Recognition and
    Machine Learning", 2006, section 9.3.3), fitted by expectation and maximization, which begin at
    random pictures blended with the mean one.
    """
    train, test = (pictures.reshape(len(pictures), -1) for pictures in (train, test))
    chance = np.random.default_rng(seed)
    begin = train[chance.choice(len(train), components, replace=False)]
    shares = (0.5 * begin + 0.5 * train.mean(0)).clip(0.01, 0.99).astype(np.float32)
    weights = np.full(components, 1 / components, np.float32)
    for _ in range(rounds):
        counts, sums = np.zeros(components, np.float32), np.zeros_like(shares)
        for start in range(0, len(train), ROWS):
            some = train[start : start + ROWS]
            joint = _log_joint(some, shares, weights)
            owner = np.exp(joint - _log_sum(joint))
            counts += owner.sum(0)
            sums += owner.T @ some
        weights = counts / counts.sum()
        shares = ((sums + 0.1) / (counts[:, None] + 0.2)).astype(np.float32)
    return float(-_log_sum(_log_joint(test, shares, weights)).mean())


def _log_joint(pictures: np.ndarray, shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """log w_k p_k(x): (N, components)."""
    odds = np.log(shares) - np.log1p(-shares)
    return pictures @ odds.T + np.log1p(-shares).sum(1) + np.log(weights + 1e-30)


def _log_sum(joint: np.ndarray) -> np.ndarray:
    largest = joint.max(1, keepdims=True)
    total: np.ndarray = largest + np.log(np.exp(joint - largest).sum(1, keepdims=True))
    return total
