from __future__ import annotations

import socket
import time

import pytest

from tests.data import mirrors
from tests.data.mirrors import serving
from tinygen.data import DataError, DownloadError, download

CONTENT = bytes(range(256)) * 8
NAME = "images.gz"
FILES = {NAME: CONTENT}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / NAME


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits long for a mirror that does not answer."""
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(download, "SILENCE_SECONDS", 0.2)


def check(received):
    if received.read_bytes() != CONTENT:
        raise DataError("not the right contents")


def fetch(path, *mirrors_or_urls, **options):
    urls = [each if isinstance(each, str) else each.address(NAME) for each in mirrors_or_urls]
    return download.download(urls, path, check, **options)


def beside(path):
    """What else is in the folder: parts of files."""
    return [other for other in path.parent.iterdir() if other != path]


def test_a_file_arrives_whole_and_alone(path):
    with serving(FILES) as mirror:
        assert fetch(path, mirror) == mirror.address(NAME)

    assert path.read_bytes() == CONTENT
    assert beside(path) == []


def test_progress_is_told_from_before_the_answer_to_the_last_byte(path):
    told = []
    with serving(FILES) as mirror:
        url = fetch(path, mirror, progress=lambda *step: told.append(step))

    assert told[0] == (url, 0, None)
    assert told[-1] == (url, len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


# ---- mirrors that fail -------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (mirrors.refuse(403), "answered 403 Forbidden"),
        (mirrors.refuse(404), "answered 404 Not Found"),
        (mirrors.refuse(503), "answered 503"),
        (mirrors.refuse(204), "answered 204"),
        (mirrors.refuse(416), "answered 416"),
        (mirrors.cut_off_after(0), "cut off after 0 of 2,048 bytes"),
        (mirrors.send(b"<html>not found</html>"), "not the right contents"),
        (mirrors.send(CONTENT[:-1] + b"!"), "not the right contents"),
        (mirrors.send(bytes(3_000_000)), "sends 3,000,000 bytes or more: that is another file"),
        (mirrors.claim_length(100), "not the right contents"),
        (mirrors.another_range, "sent bytes from 3 on instead of 0"),
        (mirrors.gibberish, "failed"),
        (mirrors.silence, "did not answer within"),
        (mirrors.silence_after(0), "sent nothing for"),
    ],
)  # fmt: skip
def test_where_a_mirror_fails_the_next_is_asked(path, fault, reason):
    with serving(FILES, fault) as bad, serving(FILES) as good:
        with pytest.raises(DownloadError, match=reason):
            fetch(path, bad, size=len(CONTENT))
        assert not path.exists()
        assert beside(path) == []

        bad.faults.append(fault)
        assert fetch(path, bad, good, size=len(CONTENT)) == good.address(NAME)

    assert path.read_bytes() == CONTENT


def test_a_file_without_end_is_not_received(path):
    refusal = pytest.raises(DownloadError, match="that is another file")
    with serving({NAME: bytes(3_000_000)}, mirrors.without_length) as mirror, refusal:
        fetch(path, mirror, size=len(CONTENT))

    assert beside(path) == []


def test_a_machine_that_is_not_there_is_passed_over(path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/{NAME}"
        with serving(FILES) as good:
            assert fetch(path, nobody, good) == good.address(NAME)


def test_only_the_web_is_asked(path, tmp_path):
    (tmp_path / "secret").write_bytes(CONTENT)

    with pytest.raises(DownloadError, match="no address of http"):
        fetch(path, (tmp_path / "secret").as_uri())


def test_where_all_fail_each_is_named_with_its_reason(path):
    refusal = pytest.raises(DownloadError)
    with serving({}) as first, serving(FILES, mirrors.refuse(403)) as second, refusal as failure:
        fetch(path, first, second)

    assert failure.value.failures == [
        (first.address(NAME), "answered 404 Not Found"),
        (second.address(NAME), "answered 403 Forbidden"),
    ]
    assert str(failure.value).startswith(f"{NAME} could not be fetched: 127.0.0.1:")


def test_what_was_there_stays_when_nothing_better_comes(path):
    path.parent.mkdir()
    path.write_bytes(b"old")
    with serving(FILES, mirrors.send(b"wrong")) as mirror, pytest.raises(DownloadError):
        fetch(path, mirror)

    assert path.read_bytes() == b"old"


def test_a_mirror_need_not_say_how_long_the_file_is(path):
    with serving(FILES, mirrors.without_length) as mirror:
        fetch(path, mirror)

    assert path.read_bytes() == CONTENT


# ---- going on where it was cut off -------------------------------------------------------------


def test_after_a_cut_only_the_rest_is_asked_for(path):
    with serving(FILES, mirrors.cut_off_after(700)) as mirror:
        fetch(path, mirror)

    assert mirror.asked == [(NAME, None), (NAME, "bytes=700-")]
    assert path.read_bytes() == CONTENT
    assert beside(path) == []


@pytest.mark.usefixtures("impatient")
def test_silence_half_way_is_a_cut(path):
    with serving(FILES, mirrors.silence_after(700)) as mirror:
        fetch(path, mirror)

    assert mirror.asked == [(NAME, None), (NAME, "bytes=700-")]
    assert path.read_bytes() == CONTENT


def test_a_mirror_that_promises_too_much_is_not_believed(path):
    with serving(FILES, mirrors.claim_length(5000)) as bad, serving(FILES) as good:
        # The rest that it promised does not exist; then it sends the whole, as it is.
        assert fetch(path, bad, good) == bad.address(NAME)

    assert bad.asked == [(NAME, None), (NAME, "bytes=2048-"), (NAME, None)]
    assert path.read_bytes() == CONTENT


def test_a_mirror_that_knows_no_ranges_sends_all_again(path):
    with serving(FILES, mirrors.cut_off_after(700), mirrors.without_ranges) as mirror:
        fetch(path, mirror)

    assert path.read_bytes() == CONTENT


def test_a_wrong_part_is_not_put_in(path):
    faults = mirrors.cut_off_after(700), mirrors.another_range
    with serving(FILES, *faults) as bad, serving(FILES) as good:
        assert fetch(path, bad, good) == good.address(NAME)

    assert path.read_bytes() == CONTENT


def test_a_mirror_that_always_cuts_off_is_given_up(path):
    cuts = [mirrors.cut_off_after(length) for length in range(100, 2000, 100)]
    with serving(FILES, *cuts) as bad, serving(FILES) as good:
        fetch(path, bad, good)

    assert len(bad.asked) <= download.TRIES
    assert path.read_bytes() == CONTENT


def test_the_next_attempt_goes_on_where_the_last_one_ended(path):
    with serving(FILES, mirrors.cut_off_after(700), mirrors.refuse(503)) as mirror:
        with pytest.raises(DownloadError):
            fetch(path, mirror)
        assert not path.exists()

        fetch(path, mirror)

    assert mirror.asked[-1] == (NAME, "bytes=700-")
    assert path.read_bytes() == CONTENT


def test_a_part_of_one_mirrors_file_is_not_joined_to_anothers(path):
    faults = mirrors.cut_off_after(700), mirrors.refuse(503)
    with serving(FILES, *faults) as bad, serving(FILES) as good:
        fetch(path, bad, good)

    assert good.asked == [(NAME, None)]


def test_where_the_file_has_changed_in_between_it_is_fetched_anew(path):
    with serving({NAME: b"?" * 2048}, mirrors.cut_off_after(700), mirrors.refuse(503)) as mirror:
        with pytest.raises(DownloadError):
            fetch(path, mirror)
        mirror.files[NAME] = CONTENT

        fetch(path, mirror)

    assert mirror.asked[-2:] == [(NAME, "bytes=700-"), (NAME, None)]
    assert path.read_bytes() == CONTENT


def test_what_is_left_of_a_longer_file_is_thrown_away(path):
    with serving({NAME: b"?" * 9000}, mirrors.cut_off_after(5000), mirrors.refuse(503)) as mirror:
        with pytest.raises(DownloadError):
            fetch(path, mirror)
        mirror.files[NAME] = CONTENT

        fetch(path, mirror)

    assert path.read_bytes() == CONTENT


def test_ctrl_c_leaves_no_file_but_what_was_received(path):
    def interrupt(url, done, total):
        if done:
            raise KeyboardInterrupt

    with serving(FILES, mirrors.silence_after(700)) as mirror:
        with pytest.raises(KeyboardInterrupt):
            fetch(path, mirror, progress=interrupt)
        assert not path.exists()

        fetch(path, mirror)

    assert mirror.asked[-1] == (NAME, "bytes=700-")
    assert path.read_bytes() == CONTENT


# ---- time and disk -----------------------------------------------------------------------------


def test_a_slow_mirror_is_left_when_the_time_is_up(path):
    out_of_time = pytest.raises(DownloadError, match="the time for it was up")
    slow = {NAME: CONTENT * 100}
    with serving(slow, mirrors.slowly) as mirror, serving(FILES) as other, out_of_time:
        fetch(path, mirror, other, deadline=time.monotonic() + 0.3)

    assert other.asked == []
    assert not path.exists()


def test_without_time_nobody_is_asked(path):
    with serving(FILES) as mirror, pytest.raises(DownloadError, match="no time left"):
        fetch(path, mirror, deadline=time.monotonic())

    assert mirror.asked == []


def test_a_fault_of_this_machine_is_no_fault_of_the_mirrors(path):
    path.parent.write_bytes(b"a file where the folder should be")
    with serving(FILES) as mirror, pytest.raises(OSError, match="cache") as failure:
        fetch(path, mirror)

    assert not isinstance(failure.value, DownloadError)
    assert mirror.asked == []
