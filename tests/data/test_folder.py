from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from tinygen.data import DataError, DataNotFoundError, load_folder

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def picture(colour, size=(8, 8), mode="RGB"):
    return Image.new(mode, size, colour)


def put(root, **pictures):
    """Save pictures; ``train__cat__1`` is train/cat/1.png."""
    for name, content in pictures.items():
        path = root.joinpath(*name.split("__"))
        path = path if path.suffix else path.with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        content.save(path)
    return root


@pytest.fixture
def pets(tmp_path):
    return put(
        tmp_path / "pets",
        train__dog__1=picture(RED),
        train__dog__2=picture(GREEN),
        train__cat__1=picture(BLUE),
        val__cat__9=picture(WHITE),
    )


def test_folders_are_classes_in_the_order_of_their_names(pets):
    found = load_folder(pets, size=4)

    assert found.classes == ("cat", "dog")
    assert found.name == "pets"
    assert found.is_real
    assert found.train_labels.tolist() == [0, 1, 1]
    assert found.test_labels.tolist() == [0]
    assert found.train_images.shape == (3, 3, 4, 4)
    assert found.train_images.dtype == np.uint8
    assert found.train_labels.dtype == np.int64
    assert found.train_images[:, :, 2, 2].tolist() == [list(BLUE), list(RED), list(GREEN)]


@pytest.mark.parametrize("name", ["test", "val", "validation"])
def test_the_pictures_to_be_tested_on_have_one_of_several_names(tmp_path, name):
    root = put(tmp_path, train__a__1=picture(RED), **{f"{name}__a__1": picture(BLUE)})

    assert len(load_folder(root).test_images) == 1


def test_without_them_there_are_none(tmp_path):
    found = load_folder(put(tmp_path, train__a__1=picture(RED)), size=5)

    assert found.test_images.shape == (0, 3, 5, 5)
    assert found.test_labels.shape == (0,)


def test_grey_pictures_have_no_channels(pets):
    found = load_folder(pets, size=4, grey=True)

    assert found.train_images.shape == (3, 4, 4)
    # ITU-R 601: 0.299 red, 0.587 green, 0.114 blue
    assert found.train_images[:, 0, 0].tolist() == [29, 76, 150]


@pytest.mark.parametrize("upright", [False, True])
def test_the_middle_square_of_a_long_picture_is_kept(tmp_path, upright):
    pixels = np.zeros((8, 24, 3), np.uint8)
    pixels[:, 8:16] = GREEN
    pixels = pixels.swapaxes(0, 1) if upright else pixels

    found = load_folder(put(tmp_path, train__a__1=Image.fromarray(pixels)), size=8)

    assert (found.train_images == np.array(GREEN)[:, None, None]).all()


def test_a_larger_picture_is_averaged_and_not_merely_sampled(tmp_path):
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 200

    found = load_folder(put(tmp_path, train__a__1=Image.fromarray(stripes)), size=8)

    assert np.abs(found.train_images[..., 2:6].astype(int) - 100).max() <= 5


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 7, (7, 7, 7)),
        ("1", 1, WHITE),
        ("RGBA", (255, 0, 0, 255), RED),
        ("RGBA", (255, 0, 0, 0), WHITE),
        ("LA", (0, 0), WHITE),
        ("I;16", 0x1234, (0x12, 0x12, 0x12)),
    ],
)
def test_every_kind_of_png_becomes_colours_on_white(tmp_path, mode, colour, expected):
    root = put(tmp_path, train__a__1=picture(colour, mode=mode))

    assert load_folder(root, size=2).train_images[0, :, 0, 0].tolist() == list(expected)


def test_a_palette_with_a_transparent_colour_becomes_colours_on_white(tmp_path):
    flags = Image.new("P", (2, 1))
    flags.putpalette([*RED, *BLUE])
    flags.putdata([0, 1])
    (tmp_path / "train" / "a").mkdir(parents=True)
    flags.save(tmp_path / "train" / "a" / "1.png", transparency=bytes([255, 0]))

    found = load_folder(tmp_path, size=1, grey=False).train_images[0, :, 0, 0]

    # The middle square of two pixels is made of both: half red, half white.
    assert found[0] > 240
    assert 100 < found[1] < 160


def test_a_photograph_taken_sideways_stands_upright(tmp_path):
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, 8:] = WHITE
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    (tmp_path / "train" / "a").mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "train" / "a" / "1.jpeg", exif=exif, quality=95)

    found = load_folder(tmp_path, size=16, grey=True).train_images[0]

    assert found[:6].max() < 40
    assert found[10:].min() > 215


def test_what_is_no_picture_is_passed_over(pets):
    (pets / "readme.txt").write_text("about")
    (pets / "train" / "cat" / "notes.txt").write_text("about")
    (pets / "train" / "cat" / ".hidden.png").write_bytes(b"")
    (pets / "train" / ".cache").mkdir()
    put(pets, **{"train__cat__3.JPG": picture(RED)})

    found = load_folder(pets)

    assert found.classes == ("cat", "dog")
    assert len(found.train_images) == 4


# ---- what is wrong is told ---------------------------------------------------------------------


def test_a_folder_without_train_is_explained(tmp_path):
    with pytest.raises(DataNotFoundError, match="no folder 'train': .*train/CLASS/picture.jpg"):
        load_folder(put(tmp_path, cat__1=picture(RED)))


def test_train_needs_classes(tmp_path):
    with pytest.raises(DataError, match="one for each class"):
        load_folder(put(tmp_path, train__1=picture(RED)))


def test_a_class_needs_pictures(pets):
    (pets / "train" / "bird").mkdir()

    with pytest.raises(DataError, match="bird has no pictures"):
        load_folder(pets)


def test_a_class_that_was_never_shown_cannot_be_tested(pets):
    with pytest.raises(DataError, match="classes that train has not: cow, fish"):
        load_folder(put(pets, val__fish__1=picture(RED), val__cow__1=picture(RED)))


def test_a_size_of_nothing_is_refused(pets):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        load_folder(pets, size=0)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a" + bytes(40)]
)
def test_a_file_that_is_no_picture_is_named(pets, content):
    path = pets / "train" / "cat" / "2.png"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"2\.png cannot be read as a picture"):
        load_folder(pets)


def test_a_small_file_that_claims_to_be_a_huge_picture_is_refused(pets):
    def chunk(kind, data):
        length, crc = (struct.pack(">I", n) for n in (len(data), zlib.crc32(kind + data)))
        return length + kind + data + crc

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    (pets / "train" / "cat" / "2.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9)))
        + chunk(b"IEND", b"")
    )  # fmt: skip

    with pytest.raises(DataError, match=r"2\.png is too large: more than 50 million"):
        load_folder(pets)


# So regular that a decoder takes many changes in its packed form for another picture.
STEPS = np.tile(np.arange(0, 200, 5, dtype=np.uint8)[:, None, None], (1, 40, 3))


def packed(kind):
    file = io.BytesIO()
    Image.fromarray(STEPS).save(file, kind)
    return file.getvalue()


def damaged_folder(tmp_path_factory, name, content):
    root = tmp_path_factory.mktemp("pictures")
    path = root / "train" / "a" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return root, path


def read_or_refuse(root):
    """The pictures, or why there are none."""
    try:
        return load_folder(root, size=40).train_images, ""
    except DataError as error:
        return None, str(error)


@given(place=st.integers(0, 103), bits=st.integers(1, 255))
@example(place=62, bits=128)  # in the compressed pixels
@example(place=71, bits=1)
@example(place=16, bits=128)  # in the width
def test_a_changed_byte_in_a_png_gives_an_error_or_the_right_pixels(tmp_path_factory, place, bits):
    content = bytearray(packed("PNG"))
    content[place % len(content)] ^= bits
    root, path = damaged_folder(tmp_path_factory, "1.png", bytes(content))

    found, refusal = read_or_refuse(root)

    if found is None:
        assert str(path) in refusal
    else:
        np.testing.assert_array_equal(found[0], np.moveaxis(STEPS, 2, 0))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_cut_short_is_refused(tmp_path_factory, kind, share):
    content = packed(kind)
    name = f"1.{kind.lower()}"
    root, path = damaged_folder(tmp_path_factory, name, content[: int(share * len(content))])

    with pytest.raises(DataError, match=str(path.name)):
        load_folder(root)


@given(place=st.integers(0, 900), bits=st.integers(1, 255))
def test_a_changed_byte_in_a_jpeg_never_crashes(tmp_path_factory, place, bits):
    content = bytearray(packed("JPEG"))
    content[place % len(content)] ^= bits
    root, path = damaged_folder(tmp_path_factory, "1.jpg", bytes(content))

    found, refusal = read_or_refuse(root)

    assert str(path) in refusal or found.shape == (1, 3, 40, 40)
