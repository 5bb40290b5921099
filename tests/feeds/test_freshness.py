"""What is asked of a feed's server, and what in the answer is news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.feeds import freshness, parse
from ingest.feeds.settings import FeedConfig
from ingest.model import EntryWhy, Feed, KnownEntry, ParsedFeed, Validators

NOW = datetime(2024, 6, 3, 12, tzinfo=UTC)
URL = "https://example.org/feed.xml"
FEED = Feed(id=1, name="F", url=URL, current_url=URL, validators=Validators('"1"', "Mon"))
CONFIG = FeedConfig.model_validate(
    {"url": URL, "headers": {"Authorization": "Bearer s3cret"}, "user_agent": "desk/1"}
)


def read(*items: str) -> ParsedFeed:
    body = "".join(f"<item>{each}</item>" for each in items)
    return parse.parse(f'<rss version="2.0"><channel>{body}</channel></rss>'.encode(), url=URL)


def known(*items: str) -> dict[str, KnownEntry]:
    return {
        entry.key: KnownEntry(at, entry.hash) for at, entry in enumerate(read(*items).entries, 1)
    }


A = "<guid>a</guid><title>A</title>"
B = "<guid>b</guid><title>B</title>"
B_EDITED = "<guid>b</guid><title>B, corrected</title>"


def test_the_request_carries_validators_and_the_secrets_of_the_feed() -> None:
    request = freshness.request_for(FEED, CONFIG, timeout_s=30, max_bytes=1000, now=NOW)

    assert request.url == URL
    assert request.validators == FEED.validators
    assert dict(request.headers) == {"Authorization": "Bearer s3cret", "User-Agent": "desk/1"}
    assert "atom" in request.accept
    assert (request.timeout_s, request.max_bytes) == (30, 1000)


@pytest.mark.parametrize(
    ("current", "sent"),
    [
        ("https://example.org/other.xml", True),
        ("http://example.org/feed.xml", False),
        ("https://example.net/feed.xml", False),
        ("https://example.org:8443/feed.xml", False),
        ("https://[broken/", False),
    ],
)
def test_secrets_go_only_to_the_host_they_were_configured_for(current: str, sent: bool) -> None:
    feed = replace(FEED, current_url=current)

    request = freshness.request_for(feed, CONFIG, timeout_s=30, max_bytes=1000, now=NOW)

    assert ("Authorization" in request.headers) is sent
    assert request.headers["User-Agent"] == "desk/1"


@pytest.mark.parametrize(
    "memory",
    [{"liar": True}, {"full_at": (NOW - timedelta(days=1)).isoformat()}],
    ids=["proven", "to be proven"],
)
def test_no_validators_are_sent_to_a_server_in_doubt(memory: dict[str, object]) -> None:
    feed = replace(FEED, memory=memory)

    request = freshness.request_for(feed, CONFIG, timeout_s=30, max_bytes=1000, now=NOW)

    assert request.validators == Validators()


def test_entries_are_new_changed_or_known_in_the_order_of_the_document() -> None:
    plans = freshness.decide(read(B_EDITED, "<guid>c</guid>", A), known(A, B))

    assert [(plan.why, plan.id) for plan in plans] == [
        (EntryWhy.CHANGED, 2),
        (EntryWhy.NEW, None),
        (EntryWhy.KNOWN, 1),
    ]


def test_an_item_given_twice_is_planned_once_in_its_latest_version() -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom">
      <entry><id>a</id><title>T</title><updated>2024-06-01T00:00:00Z</updated><summary>old</summary></entry>
      <entry><id>a</id><title>T</title><updated>2024-06-02T00:00:00Z</updated><summary>new</summary></entry>
    </feed>"""

    plans = freshness.decide(parse.parse(atom.encode(), url=URL), {})

    assert [plan.entry.summary for plan in plans] == ["new"]


def test_an_entry_that_swings_between_versions_is_changed_there_and_back_once() -> None:
    ((key, stored),) = known(B).items()
    edits = []
    for document in (read(B_EDITED), read(B)) * 3:
        (plan,) = freshness.decide(document, {key: stored})
        edits.append(plan.why)
        if plan.why is EntryWhy.CHANGED:
            stored = KnownEntry(1, plan.entry.hash, plan.earlier)

    assert edits == [EntryWhy.CHANGED] * 2 + [EntryWhy.KNOWN] * 4


def test_an_entry_stored_alone_stays_itself_when_another_comes_under_its_guid() -> None:
    old = "<guid>x</guid><link>https://e.org/1</link><title>One</title>"
    new = "<guid>x</guid><link>https://e.org/2</link><title>Two</title>"
    stored, both = known(old), read(new, old)
    aliases = parse.aliases(both)

    plans = freshness.decide(both, stored, aliases=aliases)

    assert [(plan.why, plan.id, plan.rekeyed) for plan in plans] == [
        (EntryWhy.NEW, None, False),
        (EntryWhy.KNOWN, 1, True),
    ]


@pytest.mark.parametrize(
    ("after", "why"),
    [
        ("<title>One</title><description>edited</description>", EntryWhy.CHANGED),
        ("<title>One</title>", EntryWhy.KNOWN),
        ("<title>Three</title>", EntryWhy.NEW),
    ],
)
def test_an_entry_that_loses_its_twin_stays_itself_by_its_title(after: str, why: EntryWhy) -> None:
    link = "<link>https://e.org/live</link>"
    stored = known(f"{link}<title>Two</title>", f"{link}<title>One</title>")
    alone = read(link + after)
    aliases = parse.aliases(alone)

    (plan,) = freshness.decide(alone, stored, aliases=aliases)

    assert (plan.why, plan.rekeyed) == (why, why is not EntryWhy.NEW)


def test_a_stored_entry_stands_for_one_of_several_that_say_the_same() -> None:
    test = "<guid>x</guid><title>Test of the sirens</title><pubDate>{}</pubDate>"
    june, july = test.format("3 Jun 2024"), test.format("1 Jul 2024")
    stored, both = known(june), read(july, june)
    aliases = parse.aliases(both)

    plans = freshness.decide(both, stored, aliases=aliases)

    assert [plan.why for plan in plans] == [EntryWhy.NEW, EntryWhy.KNOWN]


def test_new_guids_twice_in_a_row_are_a_habit() -> None:
    plans = freshness.decide(read(A, B), {})
    moved = [replace(plan, rekeyed=True, id=at) for at, plan in enumerate(plans)]

    once = freshness.new_guids(None, moved)

    assert freshness.new_guids(once, moved) == freshness.FICKLE_AFTER
    assert freshness.new_guids(once, freshness.decide(read(A, B), known(A, B))) == 0
    assert freshness.new_guids(once, moved, left_out=1) == freshness.FICKLE_AFTER
    assert freshness.new_guids(once, moved, left_out=2) == 0
    assert freshness.new_guids(freshness.FICKLE_AFTER, plans) == freshness.FICKLE_AFTER


def test_the_hash_of_a_body_tells_bytes_apart() -> None:
    assert freshness.body_hash(b"a") != freshness.body_hash(b"b")
    assert len(freshness.body_hash(b"")) == 32


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("<rss><lastBuildDate>1</lastBuildDate><item>A</item>", "<rss><item>A</item>", True),
        ("<feed><updated>1</updated><entry>A</entry>", "<feed><entry>A</entry>", True),
        ("<rss><item>A</item></rss><!-- in 0.1 s -->\n", "<rss><item>A</item></rss>", True),
        ("<rss><item><pubDate>1</pubDate></item>", "<rss><item></item>", False),
        ("<rss><title>1</title><item>A</item>", "<rss><item>A</item>", False),
        ("<rss><item>A</item><!-- 1 --><item>B</item>", "<rss><item>A</item><item>B</item>", False),
        ("<updated>1</updated>", "<updated>2</updated>", False),
    ],
    ids=["rss", "atom", "comment behind", "of an item", "title", "comment between", "no items"],
)
def test_when_a_document_was_built_is_no_change(one: str, other: str, same: bool) -> None:
    assert (freshness.body_hash(one.encode()) == freshness.body_hash(other.encode())) is same


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('A story. <a href="/c">3 comments</a> More.', 'A story. <a href="/c">7 comments</a> More.', EntryWhy.KNOWN),
        ("<p>A story.</p><p>3 views</p><p>More.</p>", "<p>A story.</p><p>7 views</p><p>More.</p>", EntryWhy.KNOWN),
        ("<p>Passed by <b>3 votes</b> at noon.</p>", "<p>Passed by <b>7 votes</b> at noon.</p>", EntryWhy.CHANGED),
        ("<p>He sold 3 shares</p> in May", "<p>He sold 7 shares</p> in May", EntryWhy.CHANGED),
    ],
    ids=["link", "paragraph", "bold", "end of a line"],
)  # fmt: skip
def test_a_count_that_stands_alone_in_html_is_no_edit(
    before: str, after: str, why: EntryWhy
) -> None:
    one, other = (
        f"<guid>a</guid><title>A</title><description><![CDATA[{text}]]></description>"
        for text in (before, after)
    )

    (plan,) = freshness.decide(read(other), known(one))

    assert plan.why is why
