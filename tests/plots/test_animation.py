from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.plots.rendering import enlarged, random_pictures
from tinygen.plots import save_gif, tile_images

FRAMES = random_pictures(5, 3, 6, 4)


def read(file: str | Path | io.BytesIO) -> tuple[list[np.ndarray], list[int], int]:
    """Frames, their times in milliseconds, and how often it plays (0: for ever)."""
    frames, times = [], []
    with Image.open(file) as picture:
        assert picture.format == "GIF"
        for number in range(picture.n_frames):
            picture.seek(number)
            frames.append(np.asarray(picture.convert("RGB")))
            times.append(picture.info["duration"])
        return frames, times, picture.info["loop"]


def test_greys_are_exact_and_it_plays_for_ever(tmp_path: Path) -> None:
    path = save_gif(FRAMES, tmp_path / "a.gif", seconds=0.2, hold=1.0, columns=3, zoom=4)

    frames, times, loop = read(tmp_path / "a.gif")

    assert path == tmp_path / "a.gif"
    assert loop == 0
    assert times == [200, 200, 200, 200, 1200]
    for frame, pictures in zip(frames, FRAMES, strict=True):
        np.testing.assert_array_equal(frame, enlarged(tile_images(pictures, 3), 4))


def test_all_256_greys_survive(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    save_gif(np.concatenate([ramp, ramp[..., ::-1]]), tmp_path / "a.gif", zoom=1)
    frames, _, _ = read(tmp_path / "a.gif")
    np.testing.assert_array_equal(frames[0][..., 0], ramp[0, 0])
    np.testing.assert_array_equal(frames[1][..., 2], ramp[0, 0, :, ::-1])


def test_a_colour_that_stays_does_not_flicker(tmp_path: Path) -> None:
    still = np.array([200, 30, 60], np.uint8)
    frames = random_pictures(6, 1, 12, 12, 3)
    frames[:, :, :4] = still
    save_gif(frames, tmp_path / "a.gif", zoom=1)
    shown, _, _ = read(tmp_path / "a.gif")
    assert len({frame[0, 0].tobytes() for frame in shown}) == 1
    assert np.abs(shown[0][0, 0].astype(int) - still).max() < 24


def test_it_can_be_written_into_an_open_file() -> None:
    file = io.BytesIO()
    assert save_gif(FRAMES, file) is None
    assert len(read(file)[0]) == 5


def test_small_pictures_are_enlarged(tmp_path: Path) -> None:
    save_gif(np.zeros((2, 1, 28, 28)), tmp_path / "a.gif")
    assert read(tmp_path / "a.gif")[0][0].shape == (476, 476, 3)


def test_nothing_is_left_of_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Image.Image, file: io.BytesIO, **options: object) -> None:
        file.write(b"GIF89a half of")
        raise MemoryError

    path = tmp_path / "a.gif"
    path.write_bytes(b"the old one")
    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(MemoryError):
        save_gif(FRAMES, path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_wrong_frames_and_times_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0.02 seconds or more"):
        save_gif(FRAMES, tmp_path / "a.gif", seconds=0.001)
    with pytest.raises(ValueError, match="in place 1"):
        save_gif([FRAMES[0], FRAMES[0, :2]], tmp_path / "a.gif")
    with pytest.raises(ValueError, match="no samples"):
        save_gif([], tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []
