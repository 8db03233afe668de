"""Pictures as people have them, against what has to become of them."""

from __future__ import annotations

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tinygen.data import DataError, DataNotFoundError, read_mask, read_pictures
from tinygen.data.decoding import LARGEST, decode

DIGITS, COLOURS, CANVASES = (1, 28, 28), (3, 32, 32), (1, 64, 64)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def cross(size=(300, 200), paper=255, ink=20, box=(60, 40, 120, 160), width=16):
    """A plus sign; the box is that of its ink."""
    pixels = np.full(size[::-1], paper, np.uint8)
    left, top, right, bottom = box
    middle, centre = (top + bottom) // 2, (left + right) // 2
    pixels[middle - width // 2 : middle + width // 2, left:right] = ink
    pixels[top:bottom, centre - width // 2 : centre + width // 2] = ink
    return Image.fromarray(pixels)


def saved(folder, name, picture, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)
    return path


def read(path, shape=DIGITS, **more):
    """The one picture, and what was said of it."""
    own = read_pictures([path], shape, **more)
    assert own.pictures.shape == (1, *shape)
    assert own.pictures.dtype == np.uint8
    return own.pictures[0], " ".join(own.notes)


def centre_of_mass(picture):
    rows, columns = np.indices(picture.shape) + 0.5
    return (rows * picture).sum() / picture.sum(), (columns * picture).sum() / picture.sum()


# ---- digits as in MNIST ------------------------------------------------------------------------


@pytest.mark.parametrize(("paper", "ink"), [(255, 20), (0, 255), (110, 30), (120, 200), (255, 180)])
def test_ink_becomes_light_on_dark_whatever_it_was(tmp_path, paper, ink):
    picture, said = read(saved(tmp_path, "a.png", cross(paper=paper, ink=ink)))

    assert picture[0, 0, 0] == 0
    assert picture.max() == 255
    assert ("inverted" in said) == (ink < paper)


def test_the_ink_is_20_pixels_long_and_its_mass_is_in_the_middle(tmp_path):
    """Section III.A of the paper on LeNet."""
    path = saved(tmp_path, "a.png", cross(box=(200, 20, 260, 140)))

    picture, said = read(path)

    rows, columns = (np.flatnonzero((picture[0] > 100).any(axis)) for axis in (1, 0))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 == 10
    assert centre_of_mass(picture[0].astype(float)) == pytest.approx((14, 14), abs=0.55)
    assert "from 300 x 200 to 28 x 28" in said


def test_the_mass_and_not_the_box_is_in_the_middle(tmp_path):
    triangle = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(triangle).polygon([(50, 150), (150, 150), (50, 50)], fill=0)

    picture, _ = read(saved(tmp_path, "a.png", triangle))

    rows, columns = (np.flatnonzero((picture[0] > 100).any(axis)) for axis in (1, 0))
    assert centre_of_mass(picture[0].astype(float)) == pytest.approx((14, 14), abs=0.55)
    assert (rows[0] + rows[-1] + 1) / 2 < 12
    assert (columns[0] + columns[-1] + 1) / 2 > 16


def test_light_from_one_side_and_grain_leave_no_trace(tmp_path):
    clean = np.asarray(cross(size=(600, 400), box=(200, 100, 320, 300)), float)
    light = np.linspace(1, 0.5, 600) * np.linspace(0.9, 1, 400)[:, None]
    grain = np.random.default_rng(0).normal(0, 5, clean.shape)
    photo = (clean * light + grain).clip(0, 255).astype(np.uint8)

    picture, _ = read(saved(tmp_path, "photo.png", Image.fromarray(photo)))
    expected, _ = read(saved(tmp_path, "clean.png", Image.fromarray(clean.astype(np.uint8))))

    assert np.abs(picture.astype(int) - expected).mean() < 3
    assert (picture[0, :3] == 0).all()


def test_a_picture_of_mnist_stays_as_it_is(tmp_path):
    digit = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    digit[[0, -1]] = digit[:, [0, -1]] = 0
    path = saved(tmp_path, "a.png", Image.fromarray(digit))
    other = saved(tmp_path, "b.png", Image.fromarray(255 - digit))

    picture, said = read(path)
    inverted, also_said = read(other)

    np.testing.assert_array_equal(picture[0], digit)
    np.testing.assert_array_equal(inverted[0], digit)
    assert said == ""
    assert "inverted" in also_said


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (300, 2), (28, 28), (400, 400)])
@pytest.mark.parametrize("shape", [DIGITS, CANVASES])
def test_a_picture_that_shows_nothing_is_refused(tmp_path, size, shape):
    path = saved(tmp_path, "a.png", Image.new("L", size, 255))

    with pytest.raises(DataError, match=r"a\.png shows nothing: no ink differs from the paper"):
        read_pictures([path], shape)


@pytest.mark.parametrize("size", [(3, 3), (5, 4), (400, 3)])
def test_small_and_thin_pictures_are_no_trouble(tmp_path, size):
    picture = Image.new("L", size, 255)
    picture.putpixel((size[0] // 2, size[1] // 2), 0)

    assert read(saved(tmp_path, "a.png", picture))[0].max() == 255


# ---- other shapes ------------------------------------------------------------------------------


def test_all_of_a_page_is_kept_for_a_canvas(tmp_path):
    page = cross(size=(320, 160), box=(0, 20, 320, 140), width=20)

    picture, said = read(saved(tmp_path, "a.png", page), CANVASES)

    assert "inverted" in said
    assert "the whole of it" in said
    assert (picture[0, :16] == 0).all()
    assert (picture[0, 48:] == 0).all()
    assert (picture[0, 32, :] > 200).all()


def test_a_canvas_of_the_right_size_stays_as_it_is(tmp_path):
    canvas = np.random.default_rng(0).integers(0, 200, (64, 64)).astype(np.uint8)
    canvas[[0, -1]] = canvas[:, [0, -1]] = 0

    picture, said = read(saved(tmp_path, "a.png", Image.fromarray(canvas)), CANVASES)

    np.testing.assert_array_equal(picture[0], canvas)
    assert said == ""


def test_the_middle_of_a_photograph_is_kept_and_nothing_is_inverted(tmp_path):
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = GREEN

    picture, said = read(saved(tmp_path, "a.png", Image.fromarray(pixels)), COLOURS)

    assert (picture[:, 2:-2, 2:-2] == np.array(GREEN)[:, None, None]).all()
    assert "cut to its middle (100 x 100 pixels of 300 x 100)" in said
    assert "from 100 x 100 to 32 x 32" in said
    assert "inverted" not in said


@pytest.mark.parametrize(
    ("box", "size"),
    [((100, 60, 220, 120), (40, 20)), ((20, 80, 740, 140), (168, 14))],
)
def test_the_ink_of_a_line_is_20_pixels_high_or_as_wide_as_the_picture(tmp_path, box, size):
    path = saved(tmp_path, "a.png", cross((760, 220), box=box, width=20))

    picture, said = read(path, (1, 28, 168), fit="line")

    rows, columns = (np.flatnonzero((picture[0] > 60).any(axis)) for axis in (1, 0))
    assert columns[-1] - columns[0] + 1 == pytest.approx(size[0], abs=1)
    assert rows[-1] - rows[0] + 1 == pytest.approx(size[1], abs=1)
    assert centre_of_mass(picture[0].astype(float)) == pytest.approx((14, 84), abs=0.55)
    assert f"from 760 x 220 to 168 x 28 pixels: the box around the ink became {size[0]} x" in said


def test_a_line_of_the_right_size_stays_as_it_is(tmp_path):
    line = Image.new("L", (168, 28))
    line.paste(cross((24, 24), 0, 255, (2, 2, 22, 22), 4), (3, 2))

    picture, said = read(saved(tmp_path, "a.png", line), (1, 28, 168), fit="line")

    np.testing.assert_array_equal(picture[0], np.asarray(line))
    assert not said


def test_how_to_fit_can_be_chosen(tmp_path):
    path = saved(tmp_path, "a.png", Image.new("L", (40, 40), 200))

    picture, _ = read(path, DIGITS, fit="middle")

    assert (picture == 200).all()
    with pytest.raises(ValueError, match="digit, line, whole, middle, got 'stretch'"):
        read_pictures([path], DIGITS, fit="stretch")


def test_other_channels_are_refused(tmp_path):
    with pytest.raises(ValueError, match="1 or 3 channels, got 4"):
        read_pictures([saved(tmp_path, "a.png", cross())], (4, 8, 8))


# ---- kinds of files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "colour", "expected", "words"),
    [
        ("L", 7, (7, 7, 7), "from grey to colour"),
        ("RGBA", (255, 0, 0, 0), (255, 255, 255), "white paper"),
        ("RGBA", (255, 0, 0, 255), RED, "white paper"),
        ("LA", (9, 0), (255, 255, 255), "white paper"),
        ("I;16", 0x1234, (0x12, 0x12, 0x12), "from 16 bits to 8"),
        ("1", 1, (255, 255, 255), "from grey to colour"),
    ],
)
def test_every_kind_of_pixel_is_read_and_told(tmp_path, mode, colour, expected, words):
    path = saved(tmp_path, "a.png", Image.new(mode, (32, 32), colour))

    picture, said = read(path, COLOURS)

    assert picture[:, 0, 0].tolist() == list(expected)
    assert words in said


def test_colours_of_16_bits_are_read_and_told(tmp_path):
    """Pillow cannot write them."""

    def chunk(kind, data):
        length, crc = (struct.pack(">I", n) for n in (len(data), zlib.crc32(kind + data)))
        return length + kind + data + crc

    row = b"\0" + struct.pack(">3H", 0xFF00, 0x8001, 0x0010) * 32
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * 32)) + chunk(b"IEND", b"")
    )  # fmt: skip

    picture, said = read(path, COLOURS)

    assert picture[:, 5, 5].tolist() == [0xFF, 0x80, 0]
    assert "from 16 bits to 8" in said


def test_the_colours_of_print_are_read_and_told(tmp_path):
    ink = Image.new("CMYK", (32, 32), (0, 255, 255, 0))  # magenta and yellow: red

    picture, said = read(saved(tmp_path, "a.jpg", ink, quality=95), COLOURS)

    assert picture[:, 16, 16] == pytest.approx(np.array(RED), abs=6)
    assert "CMYK" in said


def test_colour_becomes_grey_and_it_is_told_where_there_was_some(tmp_path):
    coloured = Image.merge("RGB", [cross(ink=200), cross(ink=0), cross(ink=0)])
    grey = Image.merge("RGB", [cross()] * 3)

    assert "from colour to grey" in read(saved(tmp_path, "a.png", coloured))[1]
    assert "from colour" not in read(saved(tmp_path, "b.png", grey))[1]


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_of_an_animated_picture_the_first_frame_is_taken(tmp_path, kind):
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, GREEN, BLUE)]
    path = saved(
        tmp_path, f"a.{kind}", frames[0], save_all=True, append_images=frames[1:], lossless=True
    )

    picture, said = read(path, COLOURS)

    assert picture[:, 9, 9].tolist() == list(RED)
    assert "the first of its 3 frames" in said


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright_however_the_camera_was_held(tmp_path, orientation):
    """The eight cases of the EXIF standard: what has to be done to see the picture upright."""
    upright = np.zeros((64, 32, 3), np.uint8)
    upright[:32, :16], upright[:32, 16:], upright[32:, :16] = RED, GREEN, BLUE
    turns = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation]))

    path = saved(tmp_path, "a.jpg", stored, exif=exif, quality=95, subsampling=0)
    picture, said = read(path, (3, 64, 32))

    assert picture.transpose(1, 2, 0) == pytest.approx(upright, abs=90)
    assert picture[:, 10, 8] == pytest.approx(np.array(RED), abs=12)
    assert picture[:, 10, 24] == pytest.approx(np.array(GREEN), abs=12)
    assert picture[:, 50, 8] == pytest.approx(np.array(BLUE), abs=12)
    assert ("turned upright" in said) == (orientation != 1)


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_large_picture_is_made_smaller_as_it_is_read(tmp_path, kind):
    pixels = np.zeros((2400, 3000, 3), np.uint8)
    pixels[:, :1500], pixels[:, 1500:] = RED, BLUE
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, f"a.{kind}", Image.fromarray(pixels), exif=exif)

    decoded = decode(path)

    assert decoded.size == (2400, 3000)
    assert 1024 <= min(decoded.picture.size) < 2048
    assert decoded.picture.width < decoded.picture.height
    assert decoded.picture.getpixel((9, 9)) == pytest.approx(RED, abs=3)
    assert decoded.picture.getpixel((9, decoded.picture.height - 9)) == pytest.approx(BLUE, abs=3)


# ---- files, folders, names ---------------------------------------------------------------------


def test_a_folder_is_read_one_level_deep_and_in_order(tmp_path):
    for name in ("b/2.png", "10.jpg", "a/1.PNG", "9.png", "a/deep/3.png", ".hidden/4.png"):
        saved(tmp_path, name, cross())
    saved(tmp_path, ".5.png", cross())

    own = read_pictures([tmp_path], DIGITS)

    assert own.names == ["10", "9", "1", "2"]
    assert "all 4 pictures: inverted" in " ".join(own.notes)


def test_what_is_no_picture_in_a_folder_is_passed_over_and_told(tmp_path):
    saved(tmp_path, "a.png", cross())
    (tmp_path / "notes.txt").write_text("of mine")

    own = read_pictures([tmp_path], DIGITS)

    assert own.names == ["a"]
    assert f"{tmp_path}: what is no picture was passed over (1)." in own.notes


def test_every_picture_has_a_name_of_its_own(tmp_path):
    for name in ("a.png", "A.jpg", "sub/a.png", "a-2.png"):
        saved(tmp_path, name, cross())

    own = read_pictures([tmp_path / "a.png", tmp_path], DIGITS)

    assert len({name.casefold() for name in own.names}) == len(own.names) == 5
    assert own.names[0] == "a"
    assert any("another picture has its name" in note for note in own.notes)


def test_files_may_have_any_ending(tmp_path):
    file = io.BytesIO()
    cross().save(file, "PNG")
    (tmp_path / "scan").write_bytes(file.getvalue())

    assert read_pictures([tmp_path / "scan"], DIGITS).names == ["scan"]


def test_notes_name_a_few_and_count_the_others(tmp_path):
    for number in range(9):
        saved(tmp_path, f"{number}.png", cross(paper=0, ink=255) if number > 6 else cross())

    said = " ".join(read_pictures([tmp_path], DIGITS).notes)

    assert "0.png, 1.png, 2.png and 4 more: inverted" in said


# ---- what cannot be read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b"<html>", "it is none of JPEG, PNG, GIF, BMP, WEBP"),
        (b"II*\0\x08\0\0\0", "If it is a picture of another kind, save it as PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n", "another kind"),
        (b"\xff\xd8\xff", "another kind"),
        (b"GIF89a" + bytes(40), "or its beginning is damaged"),
    ],
)
def test_what_is_no_picture_is_named_with_the_reason(tmp_path, content, why):
    path = tmp_path / "a.png"
    path.write_bytes(content)

    with pytest.raises(DataError, match=rf"a\.png cannot be read as a picture .*{why}"):
        read_pictures([path], DIGITS)


def test_a_picture_cut_short_is_refused(tmp_path):
    for kind in ("png", "jpg", "gif", "webp"):
        whole = saved(tmp_path, f"a.{kind}", cross()).read_bytes()
        (tmp_path / f"half.{kind}").write_bytes(whole[: len(whole) // 2])

        with pytest.raises(DataError, match=f"half.{kind} cannot be read"):
            read_pictures([tmp_path / f"half.{kind}"], DIGITS)


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_read(tmp_path):
    width = 10_000
    path = saved(tmp_path, "a.png", Image.new("1", (width, LARGEST * 1_000_000 // width + 1)))

    with pytest.raises(DataError, match=r"is too large: 10000 x 5001 pixels, more than 50 million"):
        read_pictures([path], DIGITS)


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("of mine")

    with pytest.raises(DataError, match=r"has no pictures \(\.bmp, \.gif, \.jpeg, \.jpg, \.png"):
        read_pictures([tmp_path], DIGITS)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(DataNotFoundError, match="no file or folder .*none"):
        read_pictures([tmp_path / "none"], DIGITS)
    with pytest.raises(ValueError, match="no paths"):
        read_pictures([], DIGITS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="neither a file nor a folder"):
        read_pictures([tmp_path / "pipe"], DIGITS)


# ---- masks -------------------------------------------------------------------------------------


def test_white_is_what_is_missing(tmp_path):
    pixels = np.zeros((28, 28), np.uint8)
    pixels[14:] = 255

    mask = read_mask(saved(tmp_path, "mask.png", Image.fromarray(pixels)), DIGITS)

    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, pixels > 0)


def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path):
    path = saved(tmp_path, "mask.png", Image.new("L", (30, 28)))

    with pytest.raises(DataError, match="30 x 28 pixels, and the pictures have 28 x 28"):
        read_mask(path, DIGITS)


def test_a_mask_that_is_not_there_or_no_picture_is_named(tmp_path):
    (tmp_path / "mask.png").write_text("none")

    with pytest.raises(DataError, match=r"mask\.png cannot be read"):
        read_mask(tmp_path / "mask.png", DIGITS)
    with pytest.raises(DataNotFoundError, match="other"):
        read_mask(tmp_path / "other.png", DIGITS)
