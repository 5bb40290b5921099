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
    assert opml.read(LIST) == [
        WantedFeed("The Quay", "https://quay.example/feed?a=1&b=2", ("Ports", "North Sea")),
        WantedFeed("Béla", "HTTPS://bela.example/rss", ("Ports", "tugs", "harbour")),
        WantedFeed("Béla (other.example)", "https://other.example/rss"),
    ]


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

    assert len(opml.read(b"<opml><body>" + deep + b"</body></opml>")) == 1


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"],
                              exclude_characters=",/"), min_size=1, max_size=8)  # fmt: skip
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
    again = opml.read(opml.write(feeds, "<All> & more").encode())

    assert {feed.url: feed for feed in again} == {feed.url: feed for feed in feeds}
