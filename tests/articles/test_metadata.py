"""Dates, names and languages as pages write them."""

from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from ingest.articles import addresses, authors, byline, dates, language, metadata

URL = "https://news.example/a"


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("2031-06-03T23:30:00-02:00", "2031-06-03", datetime(2031, 6, 4, 1, 30, tzinfo=UTC)),
        ("2031-06-03T18:20:00.123Z", "2031-06-03", datetime(2031, 6, 3, 18, 20, tzinfo=UTC)),
        ("2031-06-03 18:20", "2031-06-03", datetime(2031, 6, 3, 18, 20, tzinfo=UTC)),
        ("2031/6/3", "2031-06-03", None),
        ("20310603", "2031-06-03", None),
        ("Tue, 03 Jun 2031 18:20:00 +0200", "2031-06-03", datetime(2031, 6, 3, 16, 20, tzinfo=UTC)),
        ("1938363600", "2031-06-04", datetime(2031, 6, 4, 18, 20, tzinfo=UTC)),
        ("3. Juni 2031", "2031-06-03", None),
        ("June 3rd, 2031", "2031-06-03", None),
        ("3 de junio de 2031", "2031-06-03", None),
        ("2031年6月3日", "2031-06-03", None),
        ("03.06.2031", "2031-06-03", None),
        ("25/06/2031", "2031-06-25", None),
    ],
)
def test_a_date_is_read_as_written(text: str, day: str, at: datetime | None) -> None:
    assert dates.read(text) == dates.Day(day, at)


@pytest.mark.parametrize(
    "text", ["", "soon", "2031-13-45", "0001-01-01", "06/07/2031", "99999999999999", "+" * 500]
)
def test_what_names_no_certain_day_gives_none(text: str) -> None:
    assert dates.read(text) is None


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["By Oda Brandt and Ilse Toren"], ("Oda Brandt", "Ilse Toren")),
        (["Oda Brandt, Ilse Toren"], ("Oda Brandt", "Ilse Toren")),
        (["Oda Brandt, Senior Reporter"], ("Oda Brandt",)),
        (["oda.brandt@news.example", "https://x/y", "Admin"], ()),
        (["The Vellmar Post"], ()),
        (["Von Oda Brandt", "Oda Brandt"], ("Oda Brandt",)),
        (["Ren&eacute; d&#39;Ys"], ("René d'Ys",)),
        (["박준석 기자"], ("박준석",)),
        (["Oda Brandt, Chief Engineer and Head of Ports"], ("Oda Brandt",)),
        (["Oda Brandt The Associated Press", "The Associated Press"], ("Oda Brandt",)),
    ],
)
def test_names_are_taken_out_of_bylines(raw: list[str], names: tuple[str, ...]) -> None:
    assert authors.names(raw, ["The Vellmar Post"]) == names


@pytest.mark.parametrize(
    ("markup", "language_code"),
    [
        ('<html lang="de-CH">', "de"),
        ('<meta property="og:locale" content="fr_FR">', "fr"),
        ('<meta http-equiv="content-language" content="sv">', "sv"),
        ('<html lang="zh-Hans">', "zh"),
        ("<p>", None),
    ],
)
def test_the_language_is_the_one_the_page_claims(markup: str, language_code: str | None) -> None:
    assert metadata.read(LexborHTMLParser(markup), URL).language == language_code


def test_a_claim_that_the_text_contradicts_is_overruled() -> None:
    german = "Der Hafenrat hat am Dienstag beschlossen, den Ostkai zwei Jahre lang zu sperren. " * 4

    assert language.decide(german, "en") == "de"
    assert language.decide(german, None) == "de"
    assert language.decide("Ja.", "en") == "en"
    assert language.decide("Ja.", "nb") == "no"
    assert language.decide("", None) is None


def test_structured_data_in_any_shape_do_no_harm() -> None:
    shapes = ["null", "[]", "3", '{"@type": 3}', '{"@type": ["NewsArticle"], "author": [null, 3, {"name": 3}, {"name": ["A B"]}], "headline": {"@value": "H"}, "image": [[]], "datePublished": [["2031-06-03"]]}', '{"@type":"NewsArticle","headline":"H",}']  # fmt: skip

    for shape in shapes:
        page = f'<script type="application/ld+json">{shape}</script>'
        assert metadata.read(LexborHTMLParser(page), URL) is not None


def test_a_structured_author_is_found_through_its_id() -> None:
    page = '<script type="application/ld+json">[{"@type":"NewsArticle","author":{"@id":"#a"}},{"@id":"#a","@type":"Person","name":"Oda Brandt"}]</script>'

    assert metadata.read(LexborHTMLParser(page), URL).authors == ("Oda Brandt",)


def test_a_window_title_loses_the_sites_name() -> None:
    page = '<title>A quay closes | The Vellmar Post</title><meta property="og:site_name" content="The Vellmar Post">'

    assert metadata.read(LexborHTMLParser(page), URL).title == "A quay closes"


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://news.example/2031/06/03/quay", "2031-06-03"),
        ("https://news.example/news/quay-2031-06-03.html", "2031-06-03"),
        ("https://news.example/20310603_quay", "2031-06-03"),
        ("https://news.example/a/120310603", None),
        ("https://news.example/2031/06/31/quay", None),
        ("https://news.example/quay?day=2031-06-03", None),
    ],
)
def test_the_path_of_an_address_may_name_the_day(url: str, day: str | None) -> None:
    found = dates.in_address(url)

    assert (found.day if found else None) == day


@pytest.mark.parametrize(
    ("below", "names"),
    [
        ("<p>By Oda Brandt</p>", ["Oda Brandt"]),
        ("<p>By <a>Oda Brandt</a> and <a>Ilse Toren</a></p>", ["Oda Brandt", "Ilse Toren"]),
        ("<p>Von</p><p><a>Oda Brandt</a></p><p>Redaktion</p>", ["Oda Brandt"]),
        ("<p>By the time the council met, the quay had been closed.</p>", []),
        ("<p>Oda Brandt</p>", []),
        ("<i>x</i>" * 30 + "<p>By Oda Brandt</p>", []),
    ],
)
def test_a_byline_below_the_headline_names_the_authors(below: str, names: list[str]) -> None:
    tree = LexborHTMLParser(f"<header><h1>A quay closes</h1></header><div>{below}</div>")

    assert byline.names(tree) == names


def test_a_byline_comes_before_names_in_boxes() -> None:
    page = "<h1>A quay closes</h1><p>By Oda Brandt</p><div class=author>Ilse Toren</div>"

    assert metadata.read(LexborHTMLParser(page), URL).authors == ("Oda Brandt",)


@pytest.mark.parametrize(
    "below", ["<p>3 June 2031</p>", "<div><b>Port</b> <time>June 3, 2031</time>"]
)
def test_the_date_below_the_headline_is_the_articles(below: str) -> None:
    page = f"<p>1 May 2030</p><h1>A quay closes</h1>{below}<p>4 June 2031</p>"

    assert metadata.read(LexborHTMLParser(page), URL).published == dates.Day("2031-06-03")


def test_a_person_may_be_named_in_parts() -> None:
    page = '<script type="application/ld+json">{"@type":"NewsArticle","author":{"givenName":"Oda","familyName":"Brandt"}}</script>'

    assert metadata.read(LexborHTMLParser(page), URL).authors == ("Oda Brandt",)


ASKED = "https://www.news.example/quay"


@pytest.mark.parametrize(
    ("own", "canonical"),
    [
        (addresses.Own(), ASKED),
        (addresses.Own("/Quay-closes"), "https://www.news.example/Quay-closes"),
        (addresses.Own("https://wire.example/quay"), ASKED),
        (addresses.Own("https://www.news.example/"), ASKED),
        (addresses.Own("The quay closes"), ASKED),
        (addresses.Own("https://edit.news.example/quay", ASKED), ASKED),
        (addresses.Own("https://edit.news.example/quay", structured=(ASKED,)), ASKED),
        (addresses.Own("https://edit.news.example/quay"), "https://edit.news.example/quay"),
        (addresses.Own("https://www.news.example/x", ASKED), "https://www.news.example/x"),
    ],
)
def test_a_page_says_under_which_address_it_is_known(own: addresses.Own, canonical: str) -> None:
    assert addresses.canonical(own, ASKED) == canonical


def test_letter_case_alone_does_not_make_another_address_in_an_answer() -> None:
    assert (
        addresses.same_but_case("https://www.news.example/Quay", ASKED + "#top") == ASKED + "#top"
    )
    assert (
        addresses.same_but_case("https://www.news.example/b", ASKED) == "https://www.news.example/b"
    )
    assert addresses.same_but_case(None, ASKED) is None
