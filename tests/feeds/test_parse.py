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
        ('<?xml version="1.0"?><sitemapindex></sitemapindex>', "an index of sitemaps \\(empty\\)"),
        (
            "<sitemapindex><sitemap><loc>https://a.example/1.xml?a&amp;b</loc></sitemap></sitemapindex>",
            "an index of sitemaps \\(https://a.example/1.xml\\?a&b\\)",
        ),
        ("<rdf><sitemapindex/></rdf>", "an XML document <rdf>"),
        ("<urlset></urlset>", "a sitemap without news"),
        ("<urlset><url><loc>https://a.example/</loc></url></urlset>", "a sitemap without news"),
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


@pytest.mark.parametrize("pad", ["", " "], ids=["even", "odd"])
@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-32", "cp037", "cp500"])
@pytest.mark.parametrize("title", ["Plain", "Café “au lait”", "Café\N{SNOWMAN} x", "Übergröße"])
@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
@pytest.mark.parametrize("where", ["header", "document"])
def test_an_encoding_that_cannot_be_is_not_believed(
    pad: str, charset: str, title: str, codec: str, where: str
) -> None:
    declared = f'<?xml version="1.0" encoding="{charset}"?>' if where == "document" else ""
    header = f"text/xml; charset={charset}" if where == "header" else None
    title = title.encode(codec, "ignore").decode(codec)
    body = (declared + rss(f"<item><title>{title}</title></item>") + pad).encode(codec)

    feed = read(body, header)

    assert feed.entries[0].title == title
    assert any("declared as" in warning for warning in feed.warnings) != title.isascii()


@pytest.mark.parametrize("charset", ["gb2312", "big5", "shift_jis", "euc-kr"])
@pytest.mark.parametrize("title", ["新闻", "今天的新闻很多"])
def test_utf8_that_says_so_is_utf8_whatever_the_header(charset: str, title: str) -> None:
    body = f'<?xml version="1.0" encoding="utf-8"?>{rss(f"<item><title>{title}</title></item>")}'

    assert read(body, f"text/xml; charset={charset}").entries[0].title == title
    assert read(body.replace("utf-8", "gb2312").encode("gb2312")).entries[0].title == title


MAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)


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
    "attributes": rss("<item " + " ".join(f"a{i}='x'" for i in range(50_000)) + ">x</item>"),
    "html attributes": rss("<item><description><![CDATA[<p " + " ".join(f"a{i}" for i in range(400_000)) + "]]></description></item>"),
    "quoted attributes": rss("<item><description><![CDATA[<p " + "".join(f"a{i}='>'" for i in range(300_000)) + "]]></description></item>"),
    "open quotes": rss("<item><description><![CDATA[" + "<p a=\"<p b='" * 80_001 + "]]></description></item>"),
    "open roots": "<rss " * 200_000 + "<item>x</item>",
    "comments": rss("") + "<!---->" * 200_000 + " " * 1000 + "x -->" * 100_000,
    "map of open pages": MAP + "<url>" * 200_000,
    "map of ampersands": MAP + ("<url>" + "&x" * 9_000 + "</url>") * 50,
    "map of cdata": MAP + ("<url>" + "<![CDATA[" * 2_000 + "</url>") * 50,
    "map of spaces": MAP + "<loc>" + " " * 500_000,
    "index of spaces": "<sitemapindex>" + ("<loc>" + " " * 900) * 500,
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


def test_entries_beyond_the_bound_are_left_to_the_next_check_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "MAX_ENTRIES", 3)

    text = rss("".join(f"<item><guid>{i}</guid></item>" for i in range(5)))

    def read_again(before: ParsedFeed) -> ParsedFeed:
        return parse.parse(text.encode(), url=URL, seen=before.items)

    feed = read(text)

    assert [entry.guid for entry in feed.entries] == ["0", "1", "4"]
    assert feed.warnings == (
        "the feed has more than 3 new entries; the first and the last are read",
    )
    assert not read_again(feed).warnings
    assert [entry.guid for entry in read_again(feed).entries] == ["2", "3"]
    assert read_again(read_again(feed)).left_out == 5


def test_a_document_that_cannot_be_cut_is_read_up_to_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "MAX_ENTRIES", 3)

    feed = read("<!DOCTYPE rss>" + rss("".join(f"<item><guid>{i}</guid></item>" for i in range(5))))

    assert [entry.guid for entry in feed.entries] == ["0", "1", "2"]
    assert feed.warnings == ("the feed has more than 3 entries",)


@pytest.mark.parametrize(
    "comment", ["<!-- <item> -->", "<!-- <item> </item> <item> -->", "<!----><!--a-->"]
)
def test_comments_behind_the_feed_are_no_part_of_it(comment: str) -> None:
    items = "<item><guid>1</guid></item><item><guid>2</guid></item>"

    feed = read(rss(items) + "\n" + comment * 400)

    assert (len(feed.entries), feed.warnings) == (2, ())


def page(number: int, title: str = "T") -> str:
    return (
        f"<url><loc>https://example.org/{number}</loc><image:image><image:loc>https://i.example/</image:loc>"
        f"</image:image><news:news><news:publication><news:name>N</news:name></news:publication>"
        f"<news:publication_date>2024-06-03</news:publication_date><news:title>{title}</news:title>"
        "</news:news></url>"
    )


def test_a_news_sitemap_that_has_run_empty_is_a_feed_without_entries() -> None:
    for text in (MAP + "</urlset>", MAP + "<url><loc>https://example.org/old</loc></url></urlset>"):
        feed = read(text)
        assert (feed.entries, feed.format, feed.warnings) == ((), "sitemap-news", ())


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (MAP + page(1, "A & B") + page(2) + "</urlset>", ["A & B", "T"]),
        (MAP + page(1, "A&nbsp;B &amp; C &#233;") + "</urlset>", ["A\xa0B & C é"]),
        (MAP + page(1, "<![CDATA[A & B]]>") + page(2, "&") + "</urlset>", ["A & B", "&"]),
        (MAP + page(1, "<b>A") + page(2) + "</urlset>", ["T"]),
        (MAP + page(1) + "</urlset><script>x</script>", ["T"]),
        (MAP.replace("xmlns:news", "xmlns:n") + page(1) + "</urlset>", ["T"]),
        (MAP.replace("http:", "https:") + page(1) + "</urlset>", ["T"]),
        ("<!DOCTYPE urlset [<!ENTITY a 'b'>]>" + MAP + page(1) + "</urlset>", ["T"]),
    ],
    ids=["ampersand", "entity", "cdata", "tag", "script", "prefix", "https", "doctype"],
)  # fmt: skip
def test_a_fault_in_a_sitemap_costs_no_other_page(text: str, titles: list[str]) -> None:
    feed = read(text)

    assert [entry.title for entry in feed.entries] == titles
    assert all(
        entry.link.startswith("https://example.org/") for entry in feed.entries if entry.link
    )
    assert TRUNCATED not in feed.warnings


def test_a_sitemap_cut_off_gives_its_whole_pages_and_says_so() -> None:
    feed = read((MAP + page(1) + page(2))[:-20])

    assert [entry.link for entry in feed.entries] == ["https://example.org/1"]
    assert TRUNCATED in feed.warnings


def test_json_with_a_raw_line_break_or_an_endless_number_is_read() -> None:
    items = '[{"id": 1, "title": "a\nb"}, {"id": ' + "7" * 5000 + ', "title": "c\td"}, {"id": 3}]'

    feed = read('{"version": "https://jsonfeed.org/version/1.1", "items": ' + items + "}")

    assert [entry.guid for entry in feed.entries] == ["1", "7" * 5000, "3"]
    assert feed.entries[0].title.split() == ["a", "b"]


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
