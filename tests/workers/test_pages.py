"""Pages read in processes of their own: what a hostile page may cost, and what it may not."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from ingest.articles import extract
from ingest.articles.sites import SiteRule
from ingest.errors import ExtractError
from ingest.model import Hint
from ingest.workers import frames
from ingest.workers.pages import Pages
from tests.desk import page, prose, wait_for

URL = "https://news.example/2031/some-page"
HTML = page("The harbour closes", prose(1, "harbour"))


@pytest.fixture
def pages() -> Iterator[Pages]:
    pages = Pages(1)
    yield pages
    pages.close()


@pytest.mark.parametrize("html", [HTML, HTML.decode(), HTML.replace(b"seen", b"se\xeddn\xa0")])
def test_a_page_gives_the_same_article_as_in_process(pages: Pages, html: bytes | str) -> None:
    rule = SiteRule(hosts=("news.example",), remove=("p:last-child",))
    hint = Hint("A title", "A summary", ("Ann Other",))

    assert pages.extract(html, url=URL) == extract.extract(html, url=URL)
    assert pages.extract(html, url=URL, rule=rule, hint=hint) == extract.extract(
        html, url=URL, rule=rule, hint=hint
    )


def test_the_selectors_of_a_rule_are_not_checked_for_every_page() -> None:
    asked = (
        b'{"url": "/", "rule": {"hosts": "a.test", "body": "p[", "remove": "p[", "title": "p["}}'
    )

    rule = frames.decode_question(asked).rule

    assert rule is not None
    assert (rule.body, rule.remove, rule.title) == (("p[",), ("p[",), "p[")
    with pytest.raises(ValueError, match="hosts"):
        frames.decode_question(b'{"url": "/", "rule": {"body": "p"}}')


def test_a_refused_page_keeps_its_reason_and_costs_no_process(pages: Pages) -> None:
    with pytest.raises(ExtractError, match="not HTML but a file"):
        pages.extract(b"%PDF-1.7 <<", url=URL)
    (first,) = pages.processes()
    pages.extract(HTML, url=URL)

    assert pages.processes() == [first]


def test_no_process_is_started_before_it_is_needed(pages: Pages) -> None:
    assert pages.processes() == []


def test_a_page_that_hangs_is_given_up(pages: Pages) -> None:
    """Nothing the bounds let pass hangs the parser, so the process itself is stopped."""
    pages.extract(HTML, url=URL)
    (first,) = pages.processes()
    hanging = Pages(1, wall_s=0.3)
    hanging._idle, pages._idle = pages._idle, []
    os.kill(first, signal.SIGSTOP)

    with pytest.raises(ExtractError, match="hung"):
        hanging.extract(HTML, url=URL)

    hanging._wall_s = 30
    assert hanging.extract(HTML, url=URL).title == "The harbour closes"
    hanging.close()


def test_a_process_killed_at_work_costs_its_page_only(pages: Pages) -> None:
    pages.extract(HTML, url=URL)
    (first,) = pages.processes()
    os.kill(first, signal.SIGSTOP)
    reasons: list[str] = []

    def read() -> None:
        try:
            pages.extract(HTML, url=URL)
        except ExtractError as error:
            reasons.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    wait_for(lambda: not pages.processes())
    os.kill(first, signal.SIGSEGV)
    os.kill(first, signal.SIGCONT)
    reader.join(10)

    assert reasons == ["the page broke the parser (signal 11)"]
    assert pages.extract(HTML, url=URL).title == "The harbour closes"


def test_a_process_that_died_idle_is_replaced_unseen(pages: Pages) -> None:
    pages.extract(HTML, url=URL)
    (first,) = pages.processes()
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)

    assert pages.extract(HTML, url=URL).title == "The harbour closes"
    assert pages.processes() != [first]


def test_a_page_that_takes_too_long_is_given_up_by_the_kernel() -> None:
    short = Pages(1, limits=frames.Limits(1, 10**9))

    with pytest.raises(ExtractError, match="took too long"):
        short.extract("<p>Words of a very long page that has no end. </p>" * 190_000, url=URL)
    assert short.extract(HTML, url=URL).title == "The harbour closes"
    short.close()


def test_a_page_that_takes_too_much_memory_is_given_up() -> None:
    small = Pages(1, limits=frames.Limits(10, 150_000_000))

    with pytest.raises(ExtractError, match=r"too much memory|broke the parser"):
        small.extract("<p>Words of a very long page that has no end. </p>" * 190_000, url=URL)
    assert small.extract(HTML, url=URL).title == "The harbour closes"
    small.close()


def test_a_process_knows_no_secrets(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "secret")
    pages.extract(HTML, url=URL)
    (first,) = pages.processes()

    assert b"secret" not in Path(f"/proc/{first}/environ").read_bytes()


def test_a_process_is_replaced_after_its_share_of_pages(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.workers.pages.MAX_PAGES", 2)
    pages.extract(HTML, url=URL)
    (first,) = pages.processes()
    pages.extract(HTML, url=URL)

    assert pages.processes() == []
    assert pages.extract(HTML, url=URL).title == "The harbour closes"
    assert pages.processes() != [first]


def test_known_ways_to_make_the_parser_quadratic_are_refused_at_once(pages: Pages) -> None:
    pages.extract(HTML, url=URL)
    start = monotonic()
    for html in (
        "<div>" * 100_000,
        "<p " + " ".join(f"a{n}" for n in range(200_000)) + ">x",
        "".join(f"<p><font size={n}>x" for n in range(10_000)),
    ):
        with pytest.raises(ExtractError):
            pages.extract(html, url=URL)

    assert monotonic() - start < 5
