"""What feeds say, format by format: each file in data/feeds with what must come out beside it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import NotAFeed, ParseError
from ingest.feeds import markup, parse, reader
from ingest.feeds.completeness import TRUNCATED
from ingest.model import ParsedFeed

URL = "https://feeds.example.org/news/feed.xml"
DATA = Path(__file__).parents[1] / "data" / "feeds"
CASES = sorted(path for path in DATA.iterdir() if not path.name.endswith(".expected.json"))
NOW = datetime(2024, 6, 3, 12, tzinfo=UTC)


def read(body: str | bytes, content_type: str | None = None) -> ParsedFeed:
    body = body.encode() if isinstance(body, str) else body
    return parse.parse(body, url=URL, content_type=content_type)


def rss(items: str, head: str = "") -> str:
    return f'<rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_feed_says_what_stands_beside_it(case: Path) -> None:
    expected = json.loads(case.with_name(f"{case.stem}.expected.json").read_text("utf-8"))

    said = json.loads(json.dumps(parse.to_json(read(case.read_bytes()))))

    assert said["feed"] | expected.get("feed", {}) == said["feed"]
    assert len(said["entries"]) == len(expected["entries"])
    for entry, wanted in zip(said["entries"], expected["entries"], strict=True):
        assert entry | wanted == entry
    assert said["warnings"] == expected.get("warnings", said["warnings"])


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("<!DOCTYPE html><title>Shop &amp; Co</title>", "a web page titled “Shop & Co”"),
        (
            "<html><title>One moment</title><script src='/cdn-cgi/challenge-platform/h'></script>",
            "a challenge page titled “One moment”",
        ),
        ('<html><title>Sign in</title><input type="password">', "a log-in page titled “Sign in”"),
        ('<?xml version="1.0"?><sitemapindex></sitemapindex>', "an XML document <sitemapindex>"),
        ("<urlset></urlset>", "a sitemap without news"),
        ('{"error": "no"}', "a JSON document"),
        ("[1]", "a JSON list"),
        ("not found", "plain text"),
        ("%PDF-1.4", "a PDF document"),
        ("https://example.org/feed.xml", "plain text"),
        ("/etc/passwd", "plain text"),
    ],
)
def test_what_is_no_feed_is_named(body: str, what: str) -> None:
    with pytest.raises(NotAFeed, match=what):
        read(body)


def test_broken_json_is_a_feed_that_cannot_be_read() -> None:
    with pytest.raises(ParseError, match="JSON"):
        read('{"version": "https://jsonfeed.org/version/1", "items": [')


@pytest.mark.parametrize(
    "body",
    ["<urlset>", "<urlset>&nbsp;</urlset>", "<urlset>" * 100_000],
    ids=["cut", "entity", "deep"],
)
def test_a_broken_sitemap_cannot_be_read(body: str) -> None:
    with pytest.raises(ParseError, match="well-formed"):
        read(body)


def test_a_body_that_names_a_file_is_not_opened(tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(rss(""))

    with pytest.raises(NotAFeed):
        read(str(feed))


def test_a_feed_cut_off_gives_its_whole_entries_and_says_so() -> None:
    whole = (DATA / "rss20.xml").read_bytes()
    at = whole.index(b"If a &lt;")

    cut = read(whole[:at])

    assert [entry.guid for entry in cut.entries] == ["quay-1"]
    assert TRUNCATED in cut.warnings
    assert TRUNCATED not in read(whole).warnings


def test_a_feed_without_closing_tags_keeps_all_its_entries() -> None:
    feed = read('<rss version="2.0"><channel><item><title>One</title><item><title>Two</title>')

    assert len(feed.entries) == 2


LONG = "The council met on Monday and agreed to repair the pier before the winter."
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'


@pytest.mark.parametrize(
    ("texts", "summary", "content"),
    [
        (f"<description>{LONG}</description>", LONG, ""),
        (f"<description>{LONG}</description><summary>Short</summary>", "Short", LONG),
        (f"<summary>Short</summary><description>{LONG}</description>", "Short", LONG),
        (
            f"<description>{LONG}</description><itunes:summary {ITUNES}>Short</itunes:summary>",
            "Short",
            LONG,
        ),
        (
            f"<description>{LONG}</description><content:encoded {CONTENT}>Short</content:encoded>",
            "Short",
            LONG,
        ),
        (
            f"<content:encoded {CONTENT}>{LONG}</content:encoded><description>Short</description>"
            "<summary>Shorter</summary>",
            "Short",
            LONG,
        ),
        (
            f"<description>{LONG} Read on</description>"
            f"<content:encoded {CONTENT}>&lt;b&gt;{LONG}&lt;/b&gt;</content:encoded>",
            f"{LONG} Read on",
            f"<b>{LONG}</b>",
        ),
        (
            f"<description>Short</description><media:content {MEDIA}><media:description>{LONG}"
            "</media:description></media:content>",
            "Short",
            "",
        ),
        (
            f"<media:group {MEDIA}><media:description>A caption</media:description></media:group>",
            "A caption",
            "",
        ),
    ],
    ids=["one", "summary", "summary first", "itunes", "content", "three", "a copy", "caption", "only caption"],
)  # fmt: skip
def test_the_fullest_text_is_the_content(texts: str, summary: str, content: str) -> None:
    [entry] = read(rss(f"<item><guid>1</guid>{texts}</item>")).entries

    assert (entry.summary, entry.content) == (summary, content)


def test_the_texts_of_the_channel_are_not_those_of_its_first_item() -> None:
    head = f"<itunes:summary {ITUNES}>Channel</itunes:summary><description>About</description>"
    items = "".join(
        f"<item><guid>{at}</guid><itunes:summary {ITUNES}>Short</itunes:summary>"
        f"<description>{LONG}</description></item>"
        for at in range(2)
    )

    feed = read(rss(items, head))

    assert feed.description == "About"
    assert [(entry.summary, entry.content) for entry in feed.entries] == [("Short", LONG)] * 2


def test_html_inside_xhtml_closes_nothing_but_itself() -> None:
    html = "<p>One <details><summary>Two</summary> three</details> <title>four</title> five</p>"
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>T</title>'
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{html}</div></content>'
        "<summary>S</summary></entry></feed>"
    )

    [entry] = read(body).entries

    assert markup.plain(entry.content) == "One Two three four five"
    assert (entry.title, entry.summary) == ("T", "S")


def test_a_div_in_each_description_is_no_depth() -> None:
    items = "".join(
        f"<item><guid>{at}</guid><description><div>x</div></description></item>"
        for at in range(reader.MAX_DEPTH + 1)
    )

    feed = read(rss(items))

    assert (len(feed.entries), feed.warnings) == (reader.MAX_DEPTH + 1, ())


def test_dates_ahead_of_the_clock_are_left_out_with_a_warning() -> None:
    items = "".join(
        f"<item><guid>{days}</guid><pubDate>{NOW + timedelta(days=days):%Y-%m-%d}</pubDate></item>"
        for days in (0, 1, 7)
    )

    feed = parse.parse(rss(items).encode(), url=URL, now=NOW)

    assert [entry.published_at is None for entry in feed.entries] == [False, False, True]
    assert feed.warnings == ("1 entries are dated in the future; their dates are left out",)


@pytest.mark.parametrize(
    ("head", "ttl_s"),
    [
        ("<ttl>5</ttl>", 300.0),
        ("<ttl>x</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<ttl>99999999</ttl>", 31536000.0),
        ("", None),
    ],
)
def test_how_long_a_feed_asks_to_be_left_alone(head: str, ttl_s: float | None) -> None:
    assert read(rss("", head)).ttl_s == ttl_s
    assert read((DATA / "rss10.rdf").read_bytes()).ttl_s == 43200.0


def test_the_hours_and_days_a_feed_asks_to_be_left_alone_in() -> None:
    head = (
        "<skipHours><hour>0</hour><hour> 7 </hour><hour>24</hour><hour>25</hour><hour>x</hour>"
        "</skipHours><skipDays><day>Sunday</day><day>saturday</day><day>Noday</day></skipDays>"
    )

    feed = read(rss("<item><guid>1</guid><hour>3</hour><day>Monday</day></item>", head))

    assert feed.skip_hours == {0, 7}
    assert feed.skip_days == {5, 6}
    assert (read(rss("")).skip_hours, read(rss("")).skip_days) == (frozenset(), frozenset())


def test_the_charset_of_the_header_is_used_where_the_document_has_none() -> None:
    body = rss(
        "<item><title>\u041c\u0438\u0440 \u0438 \u0442\u0440\u0443\u0434</title></item>"
    ).encode("koi8-r")

    feed = read(body, "application/rss+xml; charset=KOI8-R")

    assert feed.entries[0].title == "Мир и труд"


@pytest.mark.parametrize("charset", ["idna", "punycode", "zlib", "no-such", "utf-8-sig", "hex"])
def test_a_strange_charset_does_no_harm(charset: str) -> None:
    assert read(rss(""), f"text/xml; charset={charset}").title == "T"


BOMBS = {
    "entities": '<!DOCTYPE r [\n<!ENTITY a "' + "x" * 50_000 + '">\n]>' + rss("&a;" * 5_000),
    "nested entities": "<!DOCTYPE r [<!ENTITY a 'x'>"
    + "".join(f"<!ENTITY a{i} '&a{i - 1};&a{i - 1};'>" for i in range(1, 40))
    + "]>"
    + rss("<item><title>&a39;</title></item>"),
    "external entity": '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    + rss("<item><title>&a;</title></item>"),
    "depth": rss("<a>" * 50_000 + "</a>" * 50_000),
    "open tags": rss("<a>" * 50_000),
    "long author": rss("<item><author>" + "a" * 50_000 + "</author></item>"),
    "base": rss('<a xml:base="b/">' * 5_000),
    "blank lines": '<?xml version="1.0"?>' + "\n" * 100_000 + rss(""),
    "declaration": "<?xml version='1.0' " + "encoding='" * 10_000 + "?>" + rss(""),
    "categories": rss("<item>" + "".join(f"<category>{i}</category>" for i in range(5_000)) + "</item>"),
    "mis-nested html": rss("<item><description>" + "&lt;b&gt;" * 9_000 + "&lt;/i&gt;" * 9_000 + "</description></item>"),
    "ampersands": rss("<item><description>" + "&a" * 100_000 + "</description></item>"),
    "references": rss("<item><title>&#xD800;&#x110000;&#99999999999999999999;&</title></item>"),
    "open json": '{"version":"https://jsonfeed.org/version/1","items":' + "[" * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_hostile_feeds_are_read_or_refused_in_little_time(body: str) -> None:
    before = datetime.now(UTC)
    try:
        feed = read(body)
    except ParseError:
        feed = None

    # Each took minutes or gigabytes at some step before there were bounds; half a second is usual.
    assert datetime.now(UTC) - before < timedelta(seconds=10)
    assert feed is None or "root:" not in repr(feed)


def test_entries_beyond_the_bound_are_left_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ENTRIES", 3)

    feed = read(rss("".join(f"<item><guid>{i}</guid></item>" for i in range(5))))

    assert [entry.guid for entry in feed.entries] == ["0", "1", "2"]
    assert any("more than 3 entries" in warning for warning in feed.warnings)


PIECES = st.sampled_from(
    ["<item>", "</item>", "<title>", "</title>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&",
     "<", ">", "<guid>", "</guid>", "<link>", "</link>", "<pubDate>", "2024-06-03", "</pubDate>",
     "<description>", "</description>", "&lt;p&gt;", "<a:b xmlns:a='u'>", "\x00", "\ud800", "é",
     "<entry/>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "</rss>", " ", "x", "<?pi?>"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_any_soup_of_markup_gives_a_clean_feed_or_a_parse_error(pieces: list[str]) -> None:
    body = rss("".join(pieces)).encode("utf-8", "surrogatepass")
    try:
        feed = read(body)
    except ParseError:
        return

    text = json.dumps(parse.to_json(feed), ensure_ascii=False)
    assert "\x00" not in text
    text.encode("utf-8")
    assert all(entry.key for entry in feed.entries)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, "text/xml", "text/html; charset=utf-16"]))
def test_any_bytes_give_a_feed_or_a_parse_error(body: bytes, content_type: str | None) -> None:
    try:
        feed = read(body, content_type)
    except ParseError:
        return

    assert feed.format
