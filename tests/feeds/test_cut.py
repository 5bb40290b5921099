"""Known items are left out unread, and nothing else changes for it."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import ParseError
from ingest.feeds import cut, identity, parse
from ingest.feeds.identity import Habits
from ingest.model import ParsedFeed

URL = "https://example.org/feed.xml"
DATA = Path(__file__).parents[1] / "data" / "feeds"


def rss(*items: str) -> str:
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>'
        f"<link>https://example.org/</link>{''.join(items)}</channel></rss>"
    )


def read(text: str, seen: dict[str, str] | None = None, shared: Collection[str] = ()) -> ParsedFeed:
    return parse.parse(
        text.encode("utf-8", "replace"), url=URL, seen=seen, habits=Habits(shared=shared)
    )


def shared_by(feed: ParsedFeed) -> list[str]:
    return identity.shared_guids([entry.key for entry in feed.entries])


def news(feed: ParsedFeed, known: set[str]) -> list[object]:
    return [entry for entry in feed.entries if entry.key not in known]


def test_a_document_seen_in_whole_is_not_read_again() -> None:
    items = [f"<item><guid>{at}</guid><title>{at}</title></item>" for at in range(40)]
    first = read(rss(*items))

    again = read(rss("<item><guid>new</guid></item>", *items), dict(first.items))

    assert [entry.guid for entry in again.entries] == ["new"]
    assert (again.left_out, len(again.items)) == (40, 41)
    assert set(again.items) > set(first.items)


def test_an_entry_edited_in_place_is_read() -> None:
    kept = "<item><guid>1</guid><title>kept</title></item>"
    first = read(rss(kept, "<item><guid>2</guid><title>old</title></item>"))

    edited = read(rss(kept, "<item><guid>2</guid><title>new</title></item>"), dict(first.items))

    assert [(entry.key, entry.title) for entry in edited.entries] == [(first.entries[1].key, "new")]


def test_a_guid_shared_with_a_known_item_is_judged_side_by_side() -> None:
    old = "<item><guid>x</guid><link>https://example.org/1</link></item>"
    new = "<item><guid>x</guid><link>https://example.org/2</link></item>"
    first = read(rss(old))

    both = read(rss(new, old), dict(first.items))

    assert both == read(rss(new, old))
    assert len({entry.key for entry in both.entries}) == 2


@pytest.mark.parametrize(
    "head", ["", "<content/>", "<summary>s</summary><description>d</description>", "<image/>"]
)
@pytest.mark.parametrize(
    "before",
    [
        "<info><content/></info>",
        "<summary><dc:description/></summary>",
        "<title><content/></title>",
        "<image><source><author/></source></image>",
        '<x xmlns:dc="http://purl.org/rss/1.0/modules/slash/"/>',
        '<x xmlns:y="http://purl.org/dc/elements/1.1/" xmlns:dc="urn:other"/>',
        "<description><div>x</div></description>",
        "<feed/>",
    ],
)
def test_an_item_says_the_same_whatever_stands_before_it(head: str, before: str) -> None:
    item = (
        "<item><guid>2</guid><summary>s</summary><dc:creator>Ann</dc:creator><description>d</description>"
        "<title>t</title></item>"
    )
    alone = read(rss(item))

    both = read(rss(head, f"<item><guid>1</guid>{before}</item>", item))

    assert both.entries[1:] == alone.entries
    assert (alone.entries[0].authors, alone.entries[0].content) == (("Ann",), "d")


def test_the_same_item_in_other_surroundings_is_read_again() -> None:
    item = "<item><guid>1</guid><link>a</link></item>"
    first = read(rss(item))
    moved = rss(item).replace("<channel>", '<channel xml:base="https://other.example/">')

    again = read(moved, dict(first.items))

    assert again.left_out == 0
    assert again.entries[0].link == "https://other.example/a"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rss(), id="no items"),
        pytest.param("<!DOCTYPE rss>" + rss("<item>1</item>"), id="doctype"),
        pytest.param(rss("<item>1", "<item>2</item>"), id="unclosed"),
        pytest.param(rss("<item>1<item>2</item></item>"), id="nested"),
        pytest.param(rss("<item/>"), id="empty element"),
        pytest.param(rss("<item>1</item>", "</item>"), id="stray end"),
        pytest.param(rss("<item>1</ITEM>"), id="letter case"),
        pytest.param(rss('<item a=">">1</item>'), id="angle in attribute"),
        pytest.param(rss("<item>1</item><!--"), id="open comment"),
        pytest.param(rss("<item><![CDATA[1</item>"), id="open cdata"),
        pytest.param(rss("<item>1</item>" * (cut.MAX_ITEMS + 1)), id="too many"),
    ],
)
def test_nothing_is_cut_where_the_items_are_not_certain(text: str) -> None:
    assert cut.items(text) == ()


def test_items_of_two_names_are_read_in_full() -> None:
    assert read(rss("<item><guid>1</guid></item>", "<entry><id>2</id></entry>")).items == {}


def test_items_in_comments_cdata_and_instructions_are_none() -> None:
    inner = "<![CDATA[</item><item>]]><!-- </item> --><?x </item>?>"
    text = rss("<!-- <item>0</item> -->", f"<item a='1'>{inner}</item>", "<item >2</item >")

    found = cut.items(text)

    assert [text[item.start : item.end] for item in found] == [
        f"<item a='1'>{inner}</item>",
        "<item >2</item >",
    ]


TITLES = st.sampled_from(
    [
        "A",
        "B",
        "A &amp; B",
        "<![CDATA[</item><b>x</b>]]>",
        "&nbsp;",
        "é",
        "<!-- </item> -->C",
        "&bad",
    ]
)
GUIDS = st.sampled_from(
    ["", "<guid>1</guid>", "<guid>2</guid>", "<guid>3</guid>", "<guid>x</guid>"]
)
LINKS = st.sampled_from(
    ["", "<link>https://example.org/</link>", "<link>a</link>", "<link>b?utm_source=x</link>"]
)
EXTRAS = st.sampled_from(
    ["", "<dc:creator>Ann</dc:creator>", "<description>&lt;p&gt;x&lt;/p&gt;</description>",
     '<media:title xmlns:media="http://search.yahoo.com/mrss/">M</media:title>',
     "<dc:language>fr</dc:language>", "<pubDate>3 Jun 2024 10:00 GMT</pubDate>", "<broken>",
     '<source url="https://s.example/">S</source>', "<image><title>I</title></image>",
     "<summary>a b c d e f g</summary>", "<dc:description>x</dc:description>", "<content>z</content>",
     "<info><content/></info>", "<summary><abstract/></summary>", "<content/>",
     "<description><div>x</div></description>",
     '<x xmlns:dc="http://purl.org/rss/1.0/modules/slash/"/>']
)  # fmt: skip
RSS_ITEMS = st.builds("<item>{}<title>{}</title>{}{}</item>".format, GUIDS, TITLES, LINKS, EXTRAS)
ATOM_ENTRIES = st.builds(
    '<entry><id>{}</id><title type="{}">{}</title><link href="{}"/>{}</entry>'.format,
    st.sampled_from(["1", "2", "urn:3"]),
    st.sampled_from(["text", "html"]),
    TITLES,
    st.sampled_from(["a", "b"]),
    st.sampled_from(
        ["", "<author><name>Bo</name></author>", "<updated>2024-06-03T10:00:00Z</updated>",
         '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>',
         '<source><title>S</title><author><name>Cy</name></author></source>']
    ),
)  # fmt: skip
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://b.example/">{}{}</feed>'
DOCUMENTS = st.one_of(
    st.lists(RSS_ITEMS, max_size=6).map(lambda items: rss(*items)),
    st.lists(ATOM_ENTRIES, max_size=6).map(
        lambda entries: ATOM.format("<author><name>All</name></author>", "".join(entries))
    ),
)


@settings(max_examples=120, deadline=None)
@given(DOCUMENTS, st.sets(st.integers(0, 5)), st.booleans())
def test_a_cut_document_has_the_same_news_as_the_whole(
    text: str, places: set[int], second: bool
) -> None:
    try:
        whole = read(text)
        shared = shared_by(whole) if second else []
        whole = read(text, shared=shared)
    except ParseError:
        return
    seen = {digest: key for at, (digest, key) in enumerate(whole.items.items()) if at in places}

    part = read(text, seen, shared)

    assert news(part, set(seen.values())) == news(whole, set(seen.values()))
    assert len(part.entries) + part.left_out == len(whole.entries)
    assert part.items == whole.items
    assert replace(part, entries=(), left_out=0) == replace(whole, entries=())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(RSS_ITEMS, min_size=1, max_size=5),
    st.lists(RSS_ITEMS, max_size=3),
    st.booleans(),
)
def test_a_later_document_has_the_same_news_cut_or_whole(
    old: list[str], new: list[str], second: bool
) -> None:
    first = read(rss(*old))
    shared = shared_by(first) if second else []
    first = read(rss(*old), shared=shared)
    later = rss(*new, *old[:3])
    known = {entry.key for entry in first.entries}

    part, whole = read(later, dict(first.items), shared), read(later, shared=shared)

    assert news(part, known) == news(whole, known)


@pytest.mark.parametrize(
    "name", ["rss20.xml", "atom10.xml", "rss10.rdf", "namespaced.xml", "odd-dates.xml"]
)
def test_each_sample_can_be_cut_whole(name: str) -> None:
    body = (DATA / name).read_bytes()
    whole = parse.parse(body, url=URL)

    part = parse.parse(body, url=URL, seen=whole.items)

    assert (len(part.entries), part.left_out) == (0, len(whole.entries))
    assert part.items == whole.items
