from __future__ import annotations

import numpy as np

import tinygen as tg
from tinygen.cli import main


def test_a_file_is_described(tmp_path, capsys):
    tg.save({"weight": np.zeros((3, 4), np.float32)}, tmp_path / "values.npz")

    assert main(["info", str(tmp_path / "values.npz")]) == 0
    said = capsys.readouterr().out
    assert "(3, 4)" in said
    assert "float32" in said


def test_a_file_that_is_not_there_ends_with_2(tmp_path, capsys):
    assert main(["info", str(tmp_path / "none.npz")]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_a_file_of_another_kind_ends_with_1(tmp_path, capsys):
    (tmp_path / "letter.npz").write_text("Dear reader")

    assert main(["info", str(tmp_path / "letter.npz")]) == 1
    assert "letter.npz" in capsys.readouterr().err
