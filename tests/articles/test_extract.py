"""Whole pages, one layout per file: what must come out stands beside each."""

import json
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from ingest.articles import extract
from ingest.errors import ExtractError
from ingest.model import Hint

PAGES = Path(__file__).parent.parent / "data" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.html"))
URL = "https://news.example/2031/some-page"


def _wanted(name: str) -> dict[str, Any]:
    wanted: dict[str, Any] = json.loads((PAGES / f"{name}.json").read_text("utf-8"))
    return wanted


@pytest.mark.parametrize("name", NAMES)
def test_a_layout_gives_exactly_its_article(name: str) -> None:
    wanted = _wanted(name)
    found = extract.extract((PAGES / f"{name}.html").read_bytes(), url=URL)

    assert found.body.split("\n\n") == wanted.pop("paragraphs")
    for text in wanted.pop("must_not", []):
        assert text not in found.body
    got = {
        key: getattr(found, key) for key in ("title", "summary", "method", "language", "date")
    } | {
        "authors": list(found.authors),
        "warnings": list(found.warnings),
        "published_at": found.published_at and found.published_at.isoformat(),
        "canonical_url": found.canonical_url,
        "image": found.image,
        "site_name": found.site_name,
    }
    assert {key: got[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (b"", "empty"),
        (b"   \n ", "empty"),
        (b"just words", "not HTML"),
        (b"%PDF-1.7 <<", "PDF"),
        (b"\x89PNG\r\n\x1a\n<", "image"),
        (b"<html><body></body></html>", "no article text"),
        (b"<title>Just a moment...</title><p>Checking your browser before you go on to the site.", "challenge page"),
        (b"<title>404 - page not found</title><p>We looked everywhere for the page that you asked for.", "soft 404"),
        (b"<title>Before you continue</title><p>We and our partners would like to store a few small files.", "consent wall"),
        ("<div>" * 100_000, "nested too deeply"),
        ("<div>" * 30_000 + "x" + "</div>" * 30_000, "nested too deeply"),
        ("<p " + " ".join(f"a{n}" for n in range(50_000)) + ">x", "too many attributes"),
        ("<i></i>" * 250_000, "too many elements"),
        ("".join(f"<p><font size={n}>x" for n in range(3_000)), "nested too deeply"),
        ("</x>" * 4_900 + "".join(f"<p><font size={n}>x" for n in range(2_000)), "nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_article_is_refused_by_name(html: bytes | str, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason):
        extract.extract(html, url=URL)


def test_a_picture_in_the_markup_is_no_hostile_element() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 50_000}"><path d="{"1 2 " * 10_000}">'
    text = "Words of an article that go on for a good while. " * 4

    assert extract.extract(f"{picture}<p>{text}", url=URL).body == text.strip()


def test_another_media_type_is_refused() -> None:
    with pytest.raises(ExtractError, match="video/mp4"):
        extract.extract(b"<p>x</p>", url=URL, content_type="video/mp4")


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "a" * 300_000,
        "<table>" * 900 + "text " * 50,
        "<a href=x>" * 400 + "word " * 100,
        "<p>" + "<b>" * 490 + "many words to read " * 20,
        '<script type="application/ld+json">' + "[" * 100_000 + "</script><p>" + "word " * 50,
        '<p>\ud800 lone surrogate \x00 and a NUL among the words of a sentence that is long enough</p>',
        "<p>" + "read more: " * 5_000,
        "<p>" + "12/" * 20_000,
        "<li>" * 20_000 + "x" * 100,
        "<div>" * 480 + "<a href=x>a linked headline of a story</a><img>" * 20_000,
        "<h1>" + "word " * 200_000,
        "<h2>Related</h2><p>" + "A sentence of text that runs on for a good while and then some more. " * 2 + "<p>x" * 30_000,
        "<!--" * 10_000 + "<p>" + "word " * 40,
    ],
)  # fmt: skip
def test_hostile_markup_ends_in_a_result_or_a_reason(html: str) -> None:
    try:
        found = extract.extract(html, url=URL)
    except ExtractError:
        return

    assert found.body.encode("utf-8")
    assert "\x00" not in found.body


def test_the_feed_has_a_vote_where_the_page_names_nobody() -> None:
    page = "<p>" + "A sentence of the article that goes on for quite a while. " * 3
    hint = Hint(title="From the feed", authors=("Oda Brandt",))

    found = extract.extract(page, url=URL, hint=hint)

    assert (found.title, found.authors) == ("From the feed", ("Oda Brandt",))


def test_a_byline_above_the_text_names_the_author_and_the_day() -> None:
    text = "The council met on Tuesday and took a decision that many had expected for a long time."
    page = f"<article><h1>A decision</h1><div>By Oda Brandt</div><div>3 June 2031</div><p>{text}</p><p>{text}</p></article>"

    found = extract.extract(page, url=URL)

    assert found.authors == ("Oda Brandt",)
    assert found.date == "2031-06-03"
    assert "Oda" not in found.body


def test_a_canonical_address_on_another_site_is_another_article() -> None:
    page = '<link rel=canonical href="https://wire.test/a"><p>' + "Words of an article. " * 10

    assert extract.extract(page, url=URL).canonical_url == URL


def test_the_feeds_own_text_becomes_an_article() -> None:
    at = datetime(2031, 6, 3, 16, 20, tzinfo=UTC)

    found = extract.from_feed(
        "A quay closes",
        "<p>In short.</p>",
        "<p>A quay closes</p><p>The first paragraph &amp; more.</p><script>x</script><p>The second.</p>",
        url=URL,
        authors=["Oda Brandt"],
        published_at=at,
        language="en",
    )

    assert found.body == "The first paragraph & more.\n\nThe second."
    assert (found.method, found.summary, found.date) == ("feed", "In short.", "2031-06-03")


def test_a_feed_that_gives_only_a_link_keeps_it() -> None:
    found = extract.from_feed("T", '<a href="x">Comments</a>', "", url=None)

    assert found.body == "Comments"


def test_a_feeds_text_that_cannot_be_parsed_is_read_as_text() -> None:
    found = extract.from_feed("T", "", "<div>" * 9_000 + "Words.", url=None)

    assert found.body == "Words."


def test_plain_text_in_a_feed_keeps_its_paragraphs() -> None:
    found = extract.from_feed("T", "", "One line.\n\nAnother line.", url=None)

    assert found.body == "One line.\n\nAnother line."


def test_a_caption_given_as_content_does_not_hide_the_summary() -> None:
    long = "<p>The ferry to Sunde sails again from Monday.</p><p>It takes cars.</p>"

    found = extract.from_feed("T", long, "A ferry. Photo: Bo", url=URL)

    assert found.body == "The ferry to Sunde sails again from Monday.\n\nIt takes cars."


def test_the_json_line_has_the_contracts_keys() -> None:
    found = extract.from_feed("T", "S", "Body text.", url=URL)

    assert list(extract.to_json("7", found)) == [
        "id", "title", "authors", "date", "body", "summary", "language", "canonical_url",
        "image", "site_name", "method", "warnings",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "outcome"),
    [
        (b"", "empty"),
        (b"just words", "not_html"),
        (b"%PDF-1.7 <<", "not_html"),
        ("<div>" * 100_000, "hostile"),
        ("<p>x" * 6_000_000, "too_large"),
        (b"<html><body></body></html>", "no_article"),
        (b"<title>Just a moment...</title><p>Checking your browser before you go on.", "challenge_page"),
        (b"<title>404 - page not found</title><p>We looked everywhere for the page.", "soft_404"),
        (b"<title>Before you continue</title><p>We and our partners store small files.", "consent_wall"),
        (b"<meta http-equiv=Refresh content='0; URL=/new'><p>You are being sent on.", "moved"),
        (b"<title>a.example</title><script src='https://ct.captcha-delivery.com/c.js'></script>", "challenge_page"),
        (b"<script>window._cf_chl_opt={}</script><p>One moment, we look at your connection.", "challenge_page"),
        (b"<div class=g-recaptcha></div><script>grecaptcha.render()</script>", "challenge_page"),
    ],
)  # fmt: skip
def test_each_kind_of_bad_page_has_its_word(html: bytes | str, outcome: str) -> None:
    with pytest.raises(ExtractError) as refused:
        extract.extract(html, url=URL)

    assert refused.value.outcome == outcome


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0;url=/new", "https://news.example/new"),
        ("3; URL='https://other.example/a?b=1'", "https://other.example/a?b=1"),
        ("0, /new", "https://news.example/new"),
        ("300;url=/new", None),
        ("5", None),
        (f"0;url={URL}#top", None),
        ("0;url=javascript:alert(1)", None),
    ],
)
def test_a_page_that_only_leads_on_says_where(content: str, target: str | None) -> None:
    with pytest.raises(ExtractError) as refused:
        extract.extract(f'<meta http-equiv="refresh" content="{content}"><p>One moment.', url=URL)

    assert refused.value.moved_to == target


def test_an_article_that_reloads_itself_is_read() -> None:
    page = '<meta http-equiv="refresh" content="0;url=/live?again"><p>' + "Words of news. " * 30

    assert extract.extract(page, url=URL).body.startswith("Words of news.")


def test_a_script_of_a_gate_on_a_page_with_text_is_for_its_forms() -> None:
    page = "<script src=https://ct.captcha-delivery.com/c.js></script><p>" + "Words of news. " * 30

    assert extract.extract(page, url=URL).body.startswith("Words of news.")


def test_short_news_with_a_form_is_no_gate() -> None:
    page = (
        "<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script><h1>Quake hits island</h1>"
        "<p>A strong quake hit the island at dawn, and no one was hurt.</p><form><div class=g-recaptcha></div></form>"
    )

    assert "A strong quake" in extract.extract(page, url=URL).body


def test_a_page_of_a_host_that_asks_for_consent_is_a_wall() -> None:
    with pytest.raises(ExtractError) as refused:
        extract.extract("<p>Choose one of these.", url="https://consent.news.example/v2?to=a")

    assert refused.value.outcome == "consent_wall"


HARBOUR = "Совет гавани решил во вторник закрыть восточный причал для грузовых судов. " * 4


@pytest.mark.parametrize(
    ("html", "content_type", "warnings"),
    [
        (f"<p>{HARBOUR}".encode(), None, ()),
        (f"<p>{HARBOUR}".encode("utf-16"), "text/html; charset=utf-8", ()),
        (f"<meta charset=windows-1251><p>{HARBOUR}".encode("cp1251"), None, ()),
        (f"<p>{HARBOUR}".encode("cp1251"), "text/html; charset=windows-1251", ()),
        (f"<meta charset=windows-1251><p>{HARBOUR}".encode(), None, ("wrong_charset",)),
        (f"<meta charset=utf-8><p>{HARBOUR}".encode("cp1251"), None, ("wrong_charset",)),
        (f"<p>{HARBOUR}".encode("cp1251"), None, ("wrong_charset",)),
        (f"<p>{HARBOUR}".encode() + b"\xff", None, ("damaged_text",)),
    ],
)
def test_a_page_whose_characters_are_declared_wrongly_or_damaged_says_so(
    html: bytes, content_type: str | None, warnings: tuple[str, ...]
) -> None:
    found = extract.extract(html, url=URL, content_type=content_type)

    assert "восточный причал" in found.body
    assert found.warnings == warnings


def test_a_page_not_to_be_indexed_says_so() -> None:
    page = '<meta name="robots" content="NOINDEX, follow"><p>' + "Words of news. " * 30

    assert extract.extract(page, url=URL).warnings == ("noindex",)


def test_short_news_is_news() -> None:
    page = (
        "<nav><a href=/>Home</a><a href=/world>World</a></nav><h1>Quake hits island</h1>"
        "<p>A strong quake hit the island.</p><p>No one was hurt.</p><p>More is to follow.</p>"
    )

    assert extract.extract(page, url=URL).body.split("\n\n") == [
        "A strong quake hit the island.",
        "No one was hurt.",
        "More is to follow.",
    ]


_LINKS = "<a href=/>Home</a><a href=/world>World</a><a href=/sport>Sport</a>" * 30
_TEXT = "The council met on Tuesday and took a decision that many had expected for a long time."


@pytest.mark.parametrize(
    "start",
    [
        f"<nav>{_LINKS}<div class=story><h1>A decision</h1>",
        f"<nav>{_LINKS}<div class=story><h2>A decision</h2>",
        f"<footer>{_LINKS}<script>{'go();' * 99}</script>",
        f"<nav><footer>{_LINKS}<main>",
    ],
)
@pytest.mark.parametrize(
    "text", [f"<div>{_TEXT}</div>" * 3, f"<div>{_TEXT}<br><br>{_TEXT}<br><br>{_TEXT}</div>"]
)
def test_a_menu_that_is_not_closed_takes_no_article_with_it(start: str, text: str) -> None:
    found = extract.extract(f"<title>A decision</title>{start}{text}", url=URL)

    assert found.body.count(_TEXT) == 3
    assert "Sport" not in found.body


def test_menus_in_menus_take_no_long_time() -> None:
    page = f"<article><p>{_TEXT}</p><p>{_TEXT}</p></article>" + "<nav>" * 450 + _LINKS * 500
    started = process_time()

    body = extract.extract(page + _TEXT * 3, url=URL).body

    assert body.split("\n\n") == [_TEXT, _TEXT]
    assert process_time() - started < 4.0


def test_a_standfirst_is_the_summary_where_only_the_page_shows_it() -> None:
    text = "The council met on Tuesday and took a decision that many had expected for a long time."
    page = (
        "<article><h1>A decision</h1><div class='field field--name-field-subtitle'>Divers will look at"
        f" the pillars from May</div><p>{text}</p><p>{text} Nobody spoke against it.</p></article>"
    )

    found = extract.extract(page, url=URL)

    assert found.summary == "Divers will look at the pillars from May"
    assert found.body.startswith(found.summary)


def test_the_line_between_an_agencys_sections_stays() -> None:
    text = "The council met on Tuesday and took a decision that many had expected for a long time."

    assert "\n\n___\n\n" in extract.extract(f"<p>{text}</p><p>___</p><p>{text}</p>", url=URL).body


def test_a_name_beside_a_date_in_one_line_is_the_author() -> None:
    text = "The council met on Tuesday and took a decision that many had expected for a long time."
    page = f"<h1>A decision</h1><div>Nov 3, 2031 | by Ida Berg</div><p>{text}</p><p>{text}</p>"

    assert extract.extract(page, url=URL).authors == ("Ida Berg",)


def test_text_below_a_link_to_another_article_stays() -> None:
    text = "The council met on Tuesday and took a decision that many had expected for a long time."
    last = "Work on the northern pier begins in May and is to be finished before the first storms."
    page = f"""<article><h1>A decision</h1>{f"<p>{text}</p>" * 8}<p>Read more:</p>
    <p><a href="/other">What the harbour has cost so far</a></p><p>{last}</p></article>"""

    found = extract.extract(page, url=URL)

    assert found.body.endswith(last)
    assert "What the harbour" not in found.body


@pytest.mark.parametrize("tag", ["h1", "h2"])
def test_a_headline_in_the_text_frees_the_title_from_the_sites_name(tag: str) -> None:
    page = f"<title>Pier closes for two years | The Site</title><{tag}>Pier closes for two years</{tag}>"

    assert (
        extract.extract(page + "<p>" + "Words of news. " * 20, url=URL).title
        == "Pier closes for two years"
    )


def test_a_heading_that_is_a_topics_label_is_not_the_title() -> None:
    page = "<title>Tsunami warning: harbours on the east coast are evacuated</title><h1>Tsunami warning</h1>"

    title = extract.extract(page + "<p>" + "Words of news. " * 20, url=URL).title

    assert title == "Tsunami warning: harbours on the east coast are evacuated"


def test_the_canonical_link_comes_before_the_address_for_sharing() -> None:
    page = (
        '<meta property="og:url" content="https://news.example/!59"><link rel=canonical'
        ' href="https://news.example/pier-closes/!59"><p>' + "Words of news. " * 20
    )

    assert extract.extract(page, url=URL).canonical_url == "https://news.example/pier-closes/!59"


def test_agencies_in_structured_data_are_the_whole_or_nothing() -> None:
    page = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "author": {"@type":'
        ' "Organization", "name": "Staff and agencies"}}</script><p>' + "Words of news. " * 20
    )

    assert extract.extract(page, url=URL).authors == ()
