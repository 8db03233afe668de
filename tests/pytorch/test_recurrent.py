"""RNN, LSTM and GRU with all options: PyTorch's weights, values and gradients."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tinygen as tg  # noqa: E402
from tests.pytorch.helpers import grid, same  # noqa: E402

STEPS, BATCH, FEATURES, HIDDEN = 5, 3, 4, 2
OPTIONS = list(
    grid(
        num_layers=[1, 2],
        bias=[True, False],
        batch_first=[False, True],
        bidirectional=[False, True],
    )
)
KINDS = [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("GRU", {})]


@pytest.mark.parametrize("batched", [True, False], ids=["batched", "one sequence"])
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("kind", "more"), KINDS, ids=str)
def test_outputs_states_and_gradients_are_equal(kind, more, options, with_state, batched):
    rng = np.random.default_rng(0)
    theirs = getattr(torch.nn, kind)(FEATURES, HIDDEN, **options, **more).double()
    ours = getattr(tg.nn, kind)(FEATURES, HIDDEN, **options, **more).double()
    ours.load_state_dict(theirs.state_dict())

    depth = options["num_layers"] * (1 + options["bidirectional"])
    between = (BATCH,) if batched else ()
    x = rng.normal(size=(STEPS, *between, FEATURES))
    if batched and options["batch_first"]:
        x = x.swapaxes(0, 1)
    start = rng.normal(size=(2 if kind == "LSTM" else 1, depth, *between, HIDDEN))

    def run(module, make):
        leaves = [make(x, requires_grad=True)]
        if with_state:
            states = [make(part, requires_grad=True) for part in start]
            leaves += states
            output, final = module(leaves[0], tuple(states) if kind == "LSTM" else states[0])
        else:
            output, final = module(leaves[0])
        finals = final if isinstance(final, tuple) else (final,)
        return [output, *finals], [*leaves, *module.parameters()]

    assert same(*run(ours, tg.tensor), *run(theirs, torch.tensor))


@pytest.mark.parametrize(("kind", "more"), KINDS, ids=str)
def test_parameters_have_the_same_names_and_order(kind, more):
    for options in OPTIONS:
        ours = getattr(tg.nn, kind)(FEATURES, HIDDEN, **options, **more)
        theirs = getattr(torch.nn, kind)(FEATURES, HIDDEN, **options, **more)

        assert [(n, p.shape) for n, p in ours.named_parameters()] == [
            (n, tuple(p.shape)) for n, p in theirs.named_parameters()
        ]
