from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import create
from tinygen.tasks.fidelity import fidelity


def pictures(seed=0, channels=1):
    chance = np.random.default_rng(seed)
    return chance.integers(0, 256, (6, channels, 28, 28)).astype(np.float32) / 255


def test_errors_are_those_of_the_pixels():
    true, made = pictures(0), pictures(1)

    scores = fidelity(tg.tensor(true), tg.tensor(made))

    assert scores.l1 == pytest.approx(np.abs(true - made).mean(), rel=1e-5)
    assert scores.psnr == pytest.approx(-10 * np.log10(((true - made) ** 2).mean()), rel=1e-5)
    assert scores.accuracy is None


def test_of_the_same_pictures_nothing_is_wrong():
    true = tg.tensor(pictures())

    scores = fidelity(true, true)

    assert scores.l1 == 0
    assert scores.psnr == math.inf


def test_one_picture_without_errors_does_not_hide_the_others():
    true = pictures()
    made = true.copy()
    made[1:] = pictures(1)[1:]

    scores = fidelity(tg.tensor(true), tg.tensor(made))

    assert scores.psnr == pytest.approx(-10 * np.log10(((true - made) ** 2).mean()), rel=1e-5)


def test_pictures_count_with_eight_bits():
    true = pictures()

    assert fidelity(tg.tensor(true), tg.tensor((true + 0.4 / 255).clip(0, 1))).l1 == 0


def test_grey_pictures_are_compared_with_coloured_ones():
    true, grey = pictures(0, 3), pictures(1)

    scores = fidelity(tg.tensor(true), tg.tensor(grey))

    assert scores.l1 == pytest.approx(np.abs(true - grey).mean(), rel=1e-5)


def test_the_judge_reads_what_was_made(backend):
    tg.manual_seed(0)
    judge = create("cnn").to(backend.device)
    true, made = (tg.tensor(pictures(seed), device=backend.device) for seed in (0, 1))
    guesses = judge.predict(made).cpu().numpy()
    labels = np.where(np.arange(6) < 2, guesses, guesses + 1)

    assert fidelity(true, made, labels, judge).accuracy == pytest.approx(2 / 6)


def test_pictures_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match="broadcast"):
        fidelity(tg.rand(2, 1, 8, 8), tg.rand(2, 1, 4, 4))
