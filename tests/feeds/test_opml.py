"""Lists of feeds from other readers and for them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import ParseError
from ingest.feeds import opml
from ingest.model import WantedFeed

LIST = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.1"><head><title>Mine</title></head><body>
  <outline text="Ports"><outline text="North Sea">
    <outline text="Quay" title="The Quay" type="rss" xmlUrl="https://quay.example/feed?a=1&b=2"/>
  </outline>
  <outline title="Béla" xmlurl="HTTPS://bela.example/rss" category="/ships/tugs, harbour"/></outline>
  <outline text="Quay" xmlUrl="https://quay.example/feed?a=1&amp;b=2"/>
  <outline text="Béla" xmlUrl="https://other.example/rss"/>
  <outline text="A note"/><outline text="Script" xmlUrl="javascript:alert(1)"/>
  <outline text="No address" xmlUrl=""/>
</body></opml>""".encode("latin-1")


def test_outlines_become_tags_and_each_address_one_feed() -> None:
    feeds, left_out = opml.read(LIST)

    assert feeds == [
        WantedFeed("The Quay", "https://quay.example/feed?a=1&b=2", ("Ports", "North Sea")),
        WantedFeed("Béla", "HTTPS://bela.example/rss", ("Ports", "tugs", "harbour")),
        WantedFeed("Béla (other.example)", "https://other.example/rss"),
    ]
    assert left_out == ["Script: `javascript:alert(1)` is no web address"]


@pytest.mark.parametrize(
    ("outline", "url"),
    [
        ('<outline text="F" xmlUrl="feed://f.example/1"/>', "http://f.example/1"),
        ('<outline text="F" xmlUrl="feed:https://f.example/1"/>', "https://f.example/1"),
        ('<outline text="F" xmlUrl="f.example/1"/>', "https://f.example/1"),
        ('<outline text="F" type="rss" url="https://f.example/1"/>', "https://f.example/1"),
        ('<OUTLINE TEXT="F" XMLURL="https://f.example/1"/>', "https://f.example/1"),
    ],
)
def test_addresses_are_taken_as_other_readers_write_them(outline: str, url: str) -> None:
    body = f"<opml><body>{outline}</body></opml>".encode()

    assert opml.read(body) == ([WantedFeed("F", url)], [])


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        ('<outline text="F" xmlUrl="/rss"/>', "F: `/rss` is no web address"),
        ('<outline xmlUrl="mailto:a@f.example"/>', "an outline: `mailto:a@f.example` is no web address"),
        ('<outline text="F" type="rss" xmlUrl=""/>', "F: there is no address"),
        ('<outline text="F" type="link" url="https://f.example/"/>',
         "F: `https://f.example/` is not said to be a feed"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(outline: str, said: str) -> None:
    assert opml.read(f"<opml><body>{outline}</body></opml>".encode()) == ([], [said])


@pytest.mark.parametrize(
    "document",
    [
        "<opml><BODY>{}</BODY></opml>",
        "<OPML><head/><Body>{}</Body></OPML>",
        '<opml xmlns="http://opml.org/spec2"><body>{}</body></opml>',
        '<o:opml xmlns:o="http://opml.org/spec2"><o:body>{}</o:body></o:opml>',
        "<!DOCTYPE opml><opml><body>{}</body></opml>",
        '<?xml version="1.0"?>\n<!doctype opml SYSTEM "opml.dtd">\n<opml><body>{}</body></opml>',
        "<opml>{}</opml>",
    ],
)
def test_a_list_is_read_however_it_is_wrapped(document: str) -> None:
    body = document.format('<outline text="F" xmlUrl="https://f.example/"/>').encode()

    assert opml.read(body) == ([WantedFeed("F", "https://f.example/")], [])


@pytest.mark.parametrize(
    "body",
    [b"", b"<html/>", b"<opml><body>", b"{}", b'<!DOCTYPE x [<!ENTITY a "b">]><opml>&a;</opml>'],
)
def test_what_is_no_opml_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        opml.read(body)


def test_deep_outlines_are_read() -> None:
    deep = (
        b"<outline>" * 20_000 + b'<outline xmlUrl="https://a.example/"/>' + b"</outline>" * 20_000
    )

    assert len(opml.read(b"<opml><body>" + deep + b"</body></opml>")[0]) == 1


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"]),
                min_size=1, max_size=8) | st.sampled_from(["a/b", "a,b", "/a", "%2f", "%252C"])  # fmt: skip
FEEDS = st.lists(
    st.builds(
        lambda name, at, tags: WantedFeed(name, f"https://{at}.example/?a&b", tuple(tags)),
        TEXTS,
        st.integers(0, 99),
        st.lists(TEXTS, max_size=3, unique=True),
    ),
    max_size=6,
    unique_by=(lambda feed: feed.name, lambda feed: feed.url),
)


@settings(deadline=None)
@given(FEEDS)
def test_what_is_exported_is_imported_again(feeds: list[WantedFeed]) -> None:
    again, left_out = opml.read(opml.write(feeds, "<All> & more").encode())

    assert not left_out
    assert {feed.url: feed for feed in again} == {feed.url: feed for feed in feeds}
