"""The summary of a model against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tinygen import nn


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1, groups=4, bias=False),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dense(16 * 7 * 7, 10),
    )


CNN = [
    ("0", "Conv2d", (1, 8, 14, 14), 8 * 9 + 8, 14 * 14 * 8 * 9),
    ("1", "BatchNorm2d", (1, 8, 14, 14), 16, 0),
    ("2", "ReLU", (1, 8, 14, 14), 0, 0),
    ("3", "Conv2d", (1, 16, 14, 14), 16 * 2 * 9, 14 * 14 * 16 * 2 * 9),
    ("4", "MaxPool2d", (1, 16, 7, 7), 0, 0),
    ("5", "Flatten", (1, 784), 0, 0),
    ("6", "Dense", (1, 10), 784 * 10 + 10, 784 * 10),
]


def found(model, shape, **options):
    rows = nn.summary(model, shape, **options).rows
    return [(r.name, r.kind, r.output_shape, r.parameters, r.multiply_adds) for r in rows]


def test_a_convolutional_network():
    assert found(cnn(), (1, 28, 28)) == CNN
    summary = nn.summary(cnn(), (1, 28, 28))
    assert summary.parameters == summary.trainable == sum(row[3] for row in CNN)
    assert summary.multiply_adds == sum(row[4] for row in CNN)


def test_a_larger_batch_changes_the_shapes_but_not_the_cost_of_one_input():
    rows = found(cnn(), (1, 28, 28), batch_size=5)

    assert [row[2] for row in rows] == [(5, *row[2][1:]) for row in CNN]
    assert [row[4] for row in rows] == [row[4] for row in CNN]


def test_a_transposed_convolution():
    model = nn.ConvTranspose2d(6, 4, 5, stride=2, padding=2, output_padding=1, groups=2)

    # each of 6 * 7 * 7 inputs is spread by a kernel over the 4 / 2 outputs of its group
    assert found(model, (6, 7, 7)) == [
        ("(model)", "ConvTranspose2d", (1, 4, 14, 14), 6 * 2 * 25 + 4, 6 * 7 * 7 * 2 * 25)
    ]


def test_a_recurrent_network():
    model = nn.LSTM(3, 5, num_layers=2, batch_first=True, bidirectional=True)
    first, second = 4 * 5 * (3 + 5), 4 * 5 * (10 + 5)

    assert found(model, (7, 3)) == [
        (
            "(model)", "LSTM", (1, 7, 10),
            2 * (first + second) + 4 * 2 * 4 * 5,
            7 * 2 * (first + second),
        )
    ]  # fmt: skip


def test_an_embedding_reads_integers():
    model = nn.Sequential(nn.Embedding(50, 3), nn.GRU(3, 4, batch_first=True))

    rows = found(model, (6,), dtype=np.int64)

    assert rows[0] == ("0", "Embedding", (1, 6, 3), 150, 0)
    assert rows[1][2:] == ((1, 6, 4), 3 * 4 * (3 + 4) + 24, 6 * 3 * 4 * (3 + 4))


def test_layers_called_by_keyword_are_counted():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Dense(4, 2)
            self.up = nn.ConvTranspose2d(1, 1, 2, stride=2)
            self.lstm = nn.LSTM(4, 3, batch_first=True)

        def forward(self, x):
            self.lstm(input=x)
            self.up(input=x.unsqueeze(1))
            return self.dense(input=x)

    assert [row[4] for row in found(Named(), (5, 4))] == [5 * 12 * (4 + 3), 5 * 4 * 4, 5 * 8]


def test_a_shared_layer_runs_twice_and_counts_once():
    shared = nn.Dense(3, 3)
    summary = nn.summary(nn.Sequential(shared, nn.ReLU(), shared), (3,))

    assert [row.name for row in summary.rows] == ["0", "1", "0"]
    assert summary.parameters == 12
    assert summary.multiply_adds == 18


def test_frozen_parameters_are_told_apart():
    model = cnn()
    model[6].freeze()

    summary = nn.summary(model, (1, 28, 28))

    assert summary.parameters - summary.trainable == 7850
    assert "7,850 of the parameters are frozen" in str(summary)


def test_it_leaves_the_model_as_it_was():
    model = cnn()
    model[1].eval()
    before = model.state_dict()

    nn.summary(model, (1, 28, 28))

    assert model.training
    assert [module.training for module in model] == [True, False, True, True, True, True, True]
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    assert not any(module._hooks for module in model.modules())


def test_a_model_that_fails_is_left_without_hooks():
    model = cnn()

    with pytest.raises(ValueError, match="linear"):
        nn.summary(model, (1, 27, 40))

    assert model.training
    assert not any(module._hooks for module in model.modules())


def test_it_runs_where_the_model_is(backend):
    assert found(cnn().to(backend.device), (1, 28, 28)) == CNN


def test_it_prints_as_an_aligned_table():
    lines = str(nn.summary(nn.Sequential(nn.Dense(1000, 20), nn.ReLU()), (1000,))).splitlines()

    assert lines[0].split() == ["layer", "kind", "output", "shape", "parameters", "multiply-adds"]
    assert lines[2].split() == ["0", "Dense", "(1,", "20)", "20,020", "20,000"]
    assert lines[-1].split() == ["total", "20,020", "20,000"]
    assert len({len(line) for line in (lines[0], lines[1], lines[2], lines[-1])}) == 1
