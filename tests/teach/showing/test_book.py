from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from tests.browser.chromium import Browser, find
from tests.teach.small import write_lessons
from tinygen.cli import main
from tinygen.teach.classroom import classroom

FAILING = '# %% [markdown] lesson="03" minutes=5\n# # 03 · A fault\n\n# %%\nprint(1 / 0)\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The book of two small lessons."""
    place = tmp_path_factory.mktemp("book")
    lessons = write_lessons(place / "lessons")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGEN_LESSONS", str(lessons))
        assert main(["lessons", "html", str(place / "pages")]) == 0
    return place / "pages"


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "01_sums.html").read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Which tags are open around the words of a page."""

    def __init__(self, page):
        super().__init__()
        self.links, self.open, self.found = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.links += [named[name] for name in ("href", "src") if name in named]
        if tag not in ("meta", "img", "br", "hr"):
            self.open.append(f"{tag}.{named.get('class', '')}")

    def handle_endtag(self, tag):
        assert self.open.pop().startswith(f"{tag}."), f"</{tag}> closes something else"

    def handle_data(self, data):
        self.found.append((" ".join(data.split()), tuple(self.open)))

    def around(self, words):
        """The tags around the first text of the body that has these words."""
        return next(tags for text, tags in self.found if words in text and "main." in tags)


def test_a_page_shows_words_code_and_what_it_printed(page):
    reader = Reader(page)

    assert not reader.open
    assert "h1." in reader.around("01 · Sums & <signs>")
    assert "strong." in reader.around("You will be able to")
    assert "em." in reader.around("hard")
    assert "pre.code" in reader.around("runs")
    assert "pre.output" in reader.around("the sum is 2")
    assert "pre.output" in reader.around("ran sum picture")
    assert "10 minutes" in page


def test_what_should_first_be_thought_about_is_folded(page):
    reader = Reader(page)

    assert "div.question" in reader.around("What is 1 + 1?")
    assert "details.answer" in reader.around("b) two")
    assert "details.answer" in reader.around("count your fingers")
    assert "details.hint" in reader.around("What does + do?")
    assert "details.hint" in reader.around("elementwise")
    assert "details.solution" in reader.around("return")
    assert "details.teacher" in reader.around("Is addition hard?")
    assert page.count('<details class="hint">') == 3
    assert "BEGIN SOLUTION" not in page
    assert 'reveal</span><span class="p">(' not in page
    assert "<details open" not in page


def test_an_exercise_is_shown_as_its_stub(page):
    body = page[page.index('class="exercise"') : page.index('<details class="hint">')]

    assert "NotImplementedError" in body
    assert "return" not in body


def test_a_page_asks_nothing_of_a_network_and_has_its_pictures_inside(folder):
    for file in folder.glob("*.html"):
        page = file.read_text(encoding="utf-8")
        for link in Reader(page).links:
            is_inside = link.startswith(("data:image/png;base64,", "#"))
            assert is_inside or (folder / link).exists(), link
        assert not re.search(r"url\(|@import|https?:", page)


def test_a_picture_has_its_own_pixels_and_words(page):
    (picture,) = re.findall(r'<img src="data:image/png;base64,([^"]*)"[^>]*alt="([^"]*)"', page)

    assert picture[1] == "a line &lt;upwards&gt;"
    with Image.open(io.BytesIO(base64.b64decode(picture[0]))) as opened:
        assert np.ptp(np.asarray(opened.convert("L"))) > 100


def test_pages_lead_to_each_other(folder):
    index, first, second = (
        Reader((folder / name).read_text(encoding="utf-8")).links
        for name in ("index.html", "01_sums.html", "02_products.html")
    )

    assert index == ["01_sums.html", "02_products.html"]
    assert {"index.html", "02_products.html"} <= set(first)
    assert {"index.html", "01_sums.html"} <= set(second)


def test_a_page_alone_is_joined_to_those_that_are_there(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TINYGEN_LESSONS", str(write_lessons(tmp_path / "lessons")))
    pages = tmp_path / "pages"

    assert main(["lessons", "html", str(pages), "2"]) == 0
    assert sorted(file.name for file in pages.iterdir()) == ["02_products.html", "index.html"]
    assert "01_sums" not in (pages / "02_products.html").read_text(encoding="utf-8")

    assert main(["lessons", "html", str(pages), "01"]) == 0
    assert "02_products" in (pages / "01_sums.html").read_text(encoding="utf-8")
    assert "02_products" in (pages / "index.html").read_text(encoding="utf-8")
    assert str(pages / "index.html") in capsys.readouterr().out


def test_a_lesson_that_fails_is_told_and_no_page_is_left(monkeypatch, tmp_path, capsys):
    lessons = write_lessons(tmp_path / "lessons", **{"03_fault": FAILING})
    monkeypatch.setenv("TINYGEN_LESSONS", str(lessons))
    before = classroom()

    assert main(["lessons", "html", str(tmp_path / "pages"), "03"]) == 1
    said = capsys.readouterr().err
    assert 'File "03_fault.py", line 5' in said
    assert "ZeroDivisionError" in said
    assert not list((tmp_path / "pages").iterdir())
    assert classroom() is before


@pytest.mark.skipif(find() is None, reason="no Chromium is here")
def test_answers_open_on_paper_and_hints_do_not(folder, tmp_path):
    browser = Browser(find(), tmp_path)
    try:
        browser.open(folder / "01_sums.html", media="print")
        browser.run("dispatchEvent(new Event('beforeprint'))")
        shown = "[...document.querySelectorAll('details')].filter(e => e.offsetHeight)"
        assert browser.run(f"{shown}.map(e => e.className)") == ["answer"]
        assert browser.run(f"{shown}[0].open")
        browser.run("dispatchEvent(new Event('afterprint'))")
        assert browser.run("document.querySelectorAll('details[open]').length") == 0

        browser.open(folder / "01_sums.html", width=390)
        assert browser.run("document.documentElement.scrollWidth") <= 390
        browser.run("document.querySelector('.unfold').click()")
        assert browser.run("document.querySelectorAll('details:not([open])').length") == 0
        asked = [address for address in browser.requests if not address.startswith("data:")]
        assert asked == [(folder / "01_sums.html").as_uri()]
        assert browser.errors == []
    finally:
        browser.close()
