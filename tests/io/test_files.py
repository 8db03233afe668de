"""A file takes its name when it is complete, or never."""

from __future__ import annotations

import os
import stat
import time
import zipfile

import pytest

from tinygen.io.files import remove_leftovers, whole_file

needs_posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")


class CutShortError(Exception):
    pass


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    return path


def test_bytes_are_written(tmp_path):
    with whole_file(tmp_path / "a.bin") as file:
        file.write(b"\x00\xff\r\n")

    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff\r\n"


def test_text_is_written_in_utf8_with_its_line_ends(tmp_path):
    with whole_file(str(tmp_path / "a.csv"), "w") as file:
        file.write("größe\r\n1\n")

    assert (tmp_path / "a.csv").read_bytes() == "größe\r\n1\n".encode()


def test_the_old_file_stays_until_the_new_one_is_complete(path):
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("interruption", [CutShortError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_and_nothing_else(path, interruption):
    def write_half():
        with whole_file(path) as file:
            file.write(b"half of")
            raise interruption

    with pytest.raises(interruption):
        write_half()

    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(path, monkeypatch, function):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, refuse)
    with pytest.raises(OSError, match="No space left"), whole_file(path) as file:
        file.write(b"new")

    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_the_contents_are_on_the_disk_before_the_name_changes(path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (calls.append("fsync"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("replace"), replace(*names)))

    with whole_file(path) as file:
        file.write(b"new")

    assert calls[:2] == ["fsync", "replace"]


def test_a_writer_may_go_back_and_read(tmp_path):
    with whole_file(tmp_path / "a.bin") as file:
        file.write(b"12345")
        file.seek(1)
        assert file.read(2) == b"23"

    with whole_file(tmp_path / "a.zip") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("name", b"content")
    assert zipfile.ZipFile(tmp_path / "a.zip").read("name") == b"content"


def test_folders_are_made(tmp_path):
    with whole_file(tmp_path / "new" / "deep" / "a.txt", "w") as file:
        file.write("text")

    assert (tmp_path / "new" / "deep" / "a.txt").read_text() == "text"


def test_a_long_name_is_no_longer_while_it_is_written(tmp_path):
    path = tmp_path / ("n" * 255)
    with whole_file(path) as file:
        file.write(b"new")

    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("mode", ["ab", "r", "w+", "x"])
def test_other_modes_are_refused(tmp_path, mode):
    with pytest.raises(ValueError, match="bytes .* or text"), whole_file(tmp_path / "a", mode):
        pass


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(OSError, match="it is a folder"), whole_file(tmp_path):
        pass


@needs_posix
def test_a_device_is_not_replaced():
    with pytest.raises(OSError, match="no ordinary file"), whole_file("/dev/null"):
        pass


@needs_posix
def test_a_link_is_followed(path):
    link = path.with_name("link")
    link.symlink_to(path)
    with whole_file(link) as file:
        file.write(b"new")

    assert link.is_symlink()
    assert path.read_bytes() == b"new"


@needs_posix
def test_a_new_file_has_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "a"):
            pass
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@needs_posix
def test_permissions_are_kept(path):
    path.chmod(0o600)
    with whole_file(path):
        pass

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_old_leftovers_are_removed(tmp_path):
    names = [".tinygen-01.unfinished", ".tinygen-02.unfinished", "mine.unfinished", "a.npz"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    hours_ago = time.time() - 7200
    for name in (names[0], names[2], names[3]):
        os.utime(tmp_path / name, (hours_ago, hours_ago))

    remove_leftovers(tmp_path / "a.npz")

    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(names[1:])
