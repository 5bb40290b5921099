"""Articles: one for a page, each text once, every revision kept."""

from dataclasses import replace

import pytest

from ingest.model import Change, PageRead, Placement, PlacementWhy, RawPage
from ingest.store import Store
from ingest.store import revisions as deltas
from ingest.store.articles import count_words, unpack
from ingest.store.tables import pages, revisions, texts
from ingest.stories import near
from tests.contract.samples import HOUR, NOW, add_entries, add_feeds, extraction, read


def rows(store: Store, table: object) -> list[object]:
    return store._read(lambda connection: list(connection.execute(table.select())))  # type: ignore[attr-defined]


def test_an_article_comes_back_as_it_was_extracted(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    what = extraction(
        "Ferry delayed by storm",
        "The ferry waits.\n\nIt is 12:00.",
        summary="A wait",
        authors=("Ada", "Bo"),
        language="en",
        canonical_url="https://news.example/ferry",
        image="https://news.example/i.jpg",
        site_name="News",
        method="json",
        warnings=("short",),
    )

    saved = read(store, entry, what, key="page:1")

    article = store.article_by_key("page:1")
    assert article == replace(saved.article)
    assert article is not None
    assert store.article_by_id(article.id) == article
    assert saved.change is Change.NEW
    assert (article.title, article.body, article.words) == (what.title, what.body, 7)
    assert (article.feed, article.url, article.revision) == ("one", "https://news.example/a", 1)
    assert article.published_at == entry.published_at


def test_a_second_entry_of_the_same_page_finds_the_same_article(store: Store) -> None:
    one, two = add_feeds(store, "one", "two")
    (first,), (second,) = add_entries(store, one, "a"), add_entries(store, two, "b")
    before = read(store, first, key="page")

    after = read(store, second, key="page", now=NOW + HOUR)

    assert (after.article.id, after.change) == (before.article.id, Change.SAME)
    assert after.article.story_id == before.article.story_id
    assert (after.article.feed, after.article.fetched_at) == ("one", NOW + HOUR)
    assert {row["feed"] for row in store.entries_for(after.article.id)} == {"one", "two"}


def test_the_same_text_on_two_pages_is_stored_once(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    first, second = add_entries(store, feed, "a", "b")

    one, two = read(store, first), read(store, second)

    assert one.article.id != two.article.id
    assert len(rows(store, texts)) == 1


def test_an_edit_makes_a_revision_and_keeps_the_old_text(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    read(store, entry, extraction("Old title", "Old text ü"))

    saved = read(store, entry, extraction("New title", "New text"), now=NOW + HOUR)

    (old,) = rows(store, revisions)
    assert (saved.change, saved.article.revision, saved.article.body) == (
        Change.TEXT,
        2,
        "New text",
    )
    assert (old.title, old.why) == ("Old title", "edited")  # type: ignore[attr-defined]
    assert [row.body for row in rows(store, texts)] == ["New text"]  # type: ignore[attr-defined]


def test_a_page_read_after_the_feeds_text_is_no_edit(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    read(store, entry, replace(extraction(body="In short."), method="feed"))

    read(store, entry, extraction(body="At length."))

    (old,) = rows(store, revisions)
    assert old.why == "page_read"  # type: ignore[attr-defined]


def test_each_revision_tells_what_changed_and_its_text(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    long = "The ferry waits for the tide. " * 100
    versions = [("A", long), ("B", long), ("B", long + "ü"), ("C", "x"), ("C", "Short again")]
    for hour, (title, body) in enumerate(versions):
        saved = read(store, entry, extraction(title, body), now=NOW + hour * HOUR)

    article = store.article(saved.article.id)
    assert article is not None
    told = store.revisions_of(article)
    assert [(each["title"], each["body"]) for each in told] == versions[-2::-1]
    assert [each["changed"] for each in told] == [["text"], ["title", "text"], ["text"], ["title"]]
    packed = [len(row.body_z) for row in rows(store, revisions)]  # type: ignore[attr-defined]
    assert max(packed[:2]) < 50


def test_a_delta_is_never_read_against_another_text() -> None:
    packed = deltas.delta("The old text of an article.", "The new text of an article.")

    assert deltas.restored(packed, "The new text of an article.") == "The old text of an article."
    assert deltas.restored(packed, "Another text altogether, longer than that.") is None


def test_a_text_that_others_still_have_outlives_an_edit(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    first, second = add_entries(store, feed, "a", "b")
    read(store, first)
    other = read(store, second)

    read(store, first, extraction(body="Changed."))

    kept = store.article_by_id(other.article.id)
    assert kept is not None
    assert kept.body == "The ferry waits."


def test_a_page_is_kept_as_it_was_received(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    html = b"\x00<html>\xff" + b"<p>text</p>" * 1000

    first = RawPage("https://n.example/x", html)
    second = RawPage("https://n.example/y", html + b"2", "text/html; charset=koi8-r")
    read(store, entry, page=PageRead("fetched", pages=(first, first)))
    read(store, entry, page=PageRead("fetched", pages=(second,)))

    assert [page.pages for _, page in store.kept_pages(after=0, limit=5)] == [(second,)]
    (page,) = rows(store, pages)
    assert unpack(page.html_z) == html + b"2"  # type: ignore[attr-defined]
    assert page.url == "https://n.example/y"  # type: ignore[attr-defined]
    assert len(page.html_z) < 300  # type: ignore[attr-defined]


def test_a_reading_that_fails_leaves_nothing(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")

    def work(tx: object) -> None:
        alone, sketch = Placement(None, PlacementWhy.NEW), near.sketch("", "")
        page = PageRead("fetched")
        tx.add_article(entry, "page", extraction(), page, alone, sketch, now=NOW)  # type: ignore[attr-defined]
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        store.write(work)

    assert store.article_by_key("page") is None
    assert rows(store, texts) == []


def test_an_article_is_found_by_its_address_or_an_entry_s_link(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    saved = read(store, entry, key="https://canonical.example/x")

    def found(url: str, canonical: str) -> object:
        return (store.article_for_url(url, canonical) or {}).get("id")

    assert (
        found("https://canonical.example/x?utm_source=y", "https://canonical.example/x")
        == saved.article.id
    )
    assert found("https://news.example/a", "https://news.example/a") == saved.article.id
    assert found("https://nowhere.example", "https://nowhere.example/") is None


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("One two, three!", 3), ("北京の夏", 4), ("S-400 in 2026", 4), ("한국어 문장", 2)],
)
def test_words_are_counted_in_scripts_with_and_without_spaces(text: str, count: int) -> None:
    assert count_words(text) == count


def test_the_form_of_a_text_is_kept_beside_it_until_the_text_changes(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    text = "The ferry waits for the storm."
    formed = "<p>The <b>ferry</b> waits for the storm.</p>"

    article = read(store, entry, extraction("T", text, html=formed)).article
    assert store.article_html(article.id) == formed
    read(store, entry, extraction("T", text))
    assert store.article_html(article.id) == formed
    read(store, entry, extraction("T", "It sails."))
    assert store.article_html(article.id) == "<p>It sails.</p>"
    assert store.article_html(9_999) is None
