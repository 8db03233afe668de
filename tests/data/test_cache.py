from __future__ import annotations

import gzip
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data import mirrors
from tests.data.idx_files import idx_bytes
from tests.data.mirrors import serving
from tinygen.data import DataError, DataNotFoundError, DownloadError, cache, mnist

IMAGES = np.arange(5 * 784).reshape(5, 28, 28).astype(np.uint8)
RAW = {
    "train-images-idx3-ubyte": idx_bytes(IMAGES),
    "train-labels-idx1-ubyte": idx_bytes(np.array([3, 1, 4, 1, 5], np.uint8)),
    "t10k-images-idx3-ubyte": idx_bytes(IMAGES[:2]),
    "t10k-labels-idx1-ubyte": idx_bytes(np.array([9, 2], np.uint8)),
}
PACKED = {f"{name}.gz": gzip.compress(raw, mtime=0) for name, raw in RAW.items()}
NAMES = list(PACKED)

LOCAL = replace(
    mnist.MNIST,
    md5={name: hashlib.md5(raw).hexdigest() for name, raw in RAW.items()},
    counts=(5, 2),
    sizes={name: len(content) for name, content in PACKED.items()},
    mirrors=(),
)


@pytest.fixture(autouse=True)
def own(monkeypatch, tmp_path):
    """An empty cache; the set's folder in it."""
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.delenv("TINYGEN_DATA", raising=False)
    return tmp_path / "cache" / "mnist"


def at(*these):
    """The set with these mirrors."""
    return replace(LOCAL, mirrors=tuple(mirror.address() for mirror in these))


def put_files(folder, **changed):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**PACKED, **changed}.items():
        (folder / name).write_bytes(content)
    return folder


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def is_right(pictures):
    return np.array_equal(pictures.train_images, IMAGES) and pictures.test_labels.tolist() == [9, 2]


# ---- from the network into the cache -----------------------------------------------------------


def test_what_is_nowhere_is_fetched_once_and_kept(own):
    with serving(PACKED) as mirror:
        assert is_right(cache.load_files(at(mirror)))
        assert [name for name, _ in mirror.asked] == NAMES

        assert is_right(cache.load_files(at(mirror)))
        assert len(mirror.asked) == len(NAMES)

    assert files_in(own) == PACKED


def test_offline_nobody_is_asked():
    with serving(PACKED) as mirror, pytest.raises(DataNotFoundError):
        cache.load_files(at(mirror), offline=True)

    assert mirror.asked == []


def test_only_the_missing_files_are_fetched(own):
    put_files(own)
    (own / NAMES[2]).unlink()

    with serving(PACKED) as mirror:
        assert is_right(cache.load_files(at(mirror)))

    assert [name for name, _ in mirror.asked] == [NAMES[2]]


def test_a_mirror_that_refused_is_not_asked_first_again():
    with serving({}) as bad, serving(PACKED) as good:
        assert is_right(cache.load_files(at(bad, good)))

    assert [name for name, _ in bad.asked] == NAMES[:1]
    assert [name for name, _ in good.asked] == NAMES


def test_a_file_that_is_sound_but_another_is_not_taken():
    other = {**PACKED, NAMES[0]: gzip.compress(idx_bytes(255 - IMAGES))}
    with serving(other) as bad, serving(PACKED) as good:
        assert is_right(cache.load_files(at(bad, good)))


def test_where_no_mirror_has_it_the_message_says_what_was_tried_and_what_to_do(own):
    with serving({}) as mirror, pytest.raises(DataNotFoundError) as refusal:
        cache.load_files(at(mirror))

    message = str(refusal.value)
    assert f"MNIST is not in {own}" in message
    assert "train-images-idx3-ubyte.gz could not be fetched" in message
    assert "answered 404" in message
    assert f"Fetch {NAMES[0]}" in message
    assert not own.exists() or files_in(own) == {}


def test_the_time_for_the_network_is_limited():
    out_of_time = pytest.raises(DataNotFoundError, match="the time for it was up")
    with serving(PACKED, mirrors.silence) as mirror, out_of_time:
        cache.load_files(at(mirror), budget=0.2)


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")

    with serving(PACKED) as mirror, pytest.raises(DataNotFoundError, match="cannot be kept in"):
        cache.load_files(at(mirror))


def test_files_can_be_fetched_into_any_folder(tmp_path):
    with serving(PACKED) as mirror:
        folder = cache.fetch(at(mirror), tmp_path / "mine")
        with pytest.raises(DownloadError):
            cache.fetch(replace(LOCAL, mirrors=(mirror.address("nothing/"),)), tmp_path / "other")

    assert files_in(folder) == PACKED


# ---- damage ------------------------------------------------------------------------------------


def test_damage_in_the_cache_is_mended(own):
    put_files(own, **{NAMES[1]: PACKED[NAMES[1]][:-3]})

    with serving(PACKED) as mirror:
        assert is_right(cache.load_files(at(mirror)))

    assert [name for name, _ in mirror.asked] == [NAMES[1]]
    assert files_in(own) == PACKED


def test_fetching_does_not_trust_what_is_there(own):
    put_files(own, **{NAMES[3]: PACKED[NAMES[3]] + b"!"})

    with serving(PACKED) as mirror:
        cache.fetch(at(mirror))

    assert files_in(own) == PACKED


def test_damage_in_the_cache_is_removed_even_offline(own):
    put_files(own, **{NAMES[1]: b"<html>"})

    with pytest.raises(DataNotFoundError, match="has been removed .*no IDX file"):
        cache.load_files(LOCAL, offline=True)

    assert sorted(files_in(own)) == sorted(set(NAMES) - {NAMES[1]})


def test_an_unpacked_file_that_is_damaged_does_not_hide_the_fetched_one(own):
    put_files(own)
    (own / "train-images-idx3-ubyte").write_bytes(RAW["train-images-idx3-ubyte"][:-1])

    with serving(PACKED) as mirror:
        assert is_right(cache.load_files(at(mirror)))


def test_damage_in_a_folder_of_the_users_is_reported_and_left_alone(tmp_path, monkeypatch):
    folder = put_files(tmp_path / "mine", **{NAMES[1]: b"<html>"})
    monkeypatch.setenv("TINYGEN_DATA", str(folder))
    before = files_in(folder)

    with serving(PACKED) as mirror:
        for root in (folder, None):
            with pytest.raises(DataError, match="no IDX file"):
                cache.load_files(at(mirror), root)

    assert mirror.asked == []
    assert files_in(folder) == before


@given(
    name=st.sampled_from(NAMES),
    place=st.integers(0, 5_000),
    bits=st.integers(1, 255),
    online=st.booleans(),
)
def test_a_changed_byte_never_stays_in_the_cache(tmp_path_factory, name, place, bits, online):
    whole = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "user_cache", lambda: whole)
        content = bytearray(PACKED[name])
        content[place % len(content)] ^= bits
        own = put_files(whole / "mnist", **{name: bytes(content)})

        with serving(PACKED if online else {}) as mirror:
            try:
                assert is_right(cache.load_files(at(mirror)))
            except DataNotFoundError:
                assert not online

        for path in own.iterdir():
            LOCAL.check(path, path.name)


@given(place=st.integers(0, 5_000), bits=st.integers(1, 255))
def test_a_byte_changed_on_the_way_never_gets_into_the_cache(tmp_path_factory, place, bits):
    whole = tmp_path_factory.mktemp("cache")
    content = bytearray(PACKED[NAMES[0]])
    content[place % len(content)] ^= bits
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "user_cache", lambda: whole)
        with serving(PACKED, mirrors.send(bytes(content))) as mirror:
            try:
                cache.fetch(at(mirror))
            except DownloadError:
                assert not (whole / "mnist" / NAMES[0]).exists()
            else:  # gzip has bytes that mean nothing
                assert is_right(LOCAL.read(whole / "mnist"))


# ---- the places --------------------------------------------------------------------------------


def test_the_named_folder_comes_before_the_environments_and_that_before_the_cache(
    tmp_path, monkeypatch, own
):
    named, environments = put_files(tmp_path / "named"), put_files(tmp_path / "environments")
    put_files(own)

    assert cache.find(LOCAL) == own
    monkeypatch.setenv("TINYGEN_DATA", str(environments))
    assert cache.find(LOCAL) == environments
    assert cache.find(LOCAL, named) == named


@pytest.mark.parametrize("inside", [".", "mnist", "MNIST/raw"])
def test_a_folder_may_be_the_sets_own_or_the_one_above(tmp_path, monkeypatch, inside):
    put_files(tmp_path / "data" / inside)

    assert is_right(cache.load_files(LOCAL, tmp_path / "data"))
    monkeypatch.setenv("TINYGEN_DATA", str(tmp_path / "data"))
    assert is_right(cache.load_files(LOCAL))


def test_where_a_folder_is_named_no_other_and_no_network_is_used(tmp_path, own):
    put_files(own)

    with serving(PACKED) as mirror, pytest.raises(DataNotFoundError, match="MNIST is not in"):
        cache.load_files(at(mirror), tmp_path / "elsewhere")

    assert mirror.asked == []


@pytest.fixture
def real_user_cache(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("real_user_cache")
@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/home/ada/.cache/tinygen"),
        ("linux", {"XDG_CACHE_HOME": "/fast"}, "/fast/tinygen"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/tinygen"),
        ("linux", {"XDG_CACHE_HOME": ""}, "/home/ada/.cache/tinygen"),
        ("darwin", {"XDG_CACHE_HOME": "/fast"}, "/home/ada/Library/Caches/tinygen"),
        ("win32", {}, "/home/ada/AppData/Local/tinygen"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/tinygen"),
    ],
)
def test_the_cache_is_where_the_system_wants_it(monkeypatch, platform, variables, expected):
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert cache.user_cache() == Path(expected)
