"""Calling both libraries with the same arrays."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tinygen as tg

torch = pytest.importorskip("torch")


class Constant(np.ndarray):
    """An array that PyTorch does not differentiate by: ``array.view(Constant)``."""


class Case:
    """A function's name and arguments; arrays among them become tensors of either library."""

    def __init__(self, name, *args, **options):
        self.name, self.args, self.options = name, args, options

    def __repr__(self):
        words = [_shown(arg) for arg in self.args]
        words += [f"{key}={_shown(value)}" for key, value in self.options.items()]
        return f"{self.name}({', '.join(words)})"

    def call(self, library, make):
        """The results, and the tensors that they are differentiated by."""
        leaves = []

        def converted(value):
            if isinstance(value, np.ndarray):
                differentiated = value.dtype.kind == "f" and not isinstance(value, Constant)
                tensor = make(np.array(value), requires_grad=differentiated)
                if differentiated:
                    leaves.append(tensor)
                return tensor
            if isinstance(value, (list, tuple)):
                return type(value)(converted(part) for part in value)
            return value

        args = [converted(arg) for arg in self.args]
        options = {key: converted(value) for key, value in self.options.items()}
        results = getattr(library, self.name)(*args, **options)
        return list(results) if isinstance(results, (list, tuple)) else [results], leaves


def _shown(value):
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return repr(value)


def grid(**choices):
    """All combinations of the given values of options, as dicts."""
    for combination in itertools.product(*choices.values()):
        yield dict(zip(choices, combination, strict=True))


def both(case, ours, theirs):
    """The case in both libraries: results and leaves of each."""
    return case.call(ours, tg.tensor), case.call(theirs, torch.tensor)


def agree(case, ours, theirs, rtol=1e-9, atol=1e-11):
    """Shapes, dtypes, values and gradients (by a random covector) are equal."""
    (results, leaves), (expected, their_leaves) = both(case, ours, theirs)
    return same(results, leaves, expected, their_leaves, rtol, atol)


def same(results, leaves, expected, their_leaves, rtol=1e-9, atol=1e-11):
    """Compare results and their derivatives by leaves in both libraries."""
    assert len(results) == len(expected)
    rng = np.random.default_rng(5)
    total, their_total = 0.0, 0.0
    for ours, theirs in zip(results, expected, strict=True):
        assert ours.shape == tuple(theirs.shape)
        assert dtype_of(ours) == dtype_of(theirs)
        np.testing.assert_allclose(host(ours), host(theirs), rtol=rtol, atol=atol)
        assert ours.requires_grad == theirs.requires_grad
        if theirs.requires_grad:
            covector = rng.normal(size=ours.shape)
            total = total + (ours * tg.tensor(covector)).sum()
            their_total = their_total + (theirs * torch.tensor(covector)).sum()
    if not isinstance(total, float):
        total.backward()
        their_total.backward()
        for leaf, their_leaf in zip(leaves, their_leaves, strict=True):
            gradient, expected_gradient = (_gradient(x) for x in (leaf, their_leaf))
            np.testing.assert_allclose(gradient, expected_gradient, rtol=rtol, atol=atol)
    return True


def _gradient(leaf):
    return np.zeros(leaf.shape) if leaf.grad is None else host(leaf.grad)


def host(tensor):
    return tensor.detach().numpy()


def dtype_of(tensor):
    return str(tensor.dtype).removeprefix("torch.")
