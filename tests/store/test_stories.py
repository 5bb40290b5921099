"""Stories in the database, on SQLite and PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from time import sleep
from typing import TypeVar

import pytest
from sqlalchemy import Connection, func, select

from ingest.errors import StoreError
from ingest.model import Article, Placement, PlacementWhy, Story
from ingest.store import Store, stories
from ingest.store.settings import Retention
from ingest.store.tables import fingerprints, placements, sketches
from ingest.store.tx import Tx
from ingest.stories import cluster, near
from tests.contract.samples import DAY, HOUR, MINUTE, NOW, add_entries, add_feeds, extraction
from tests.contract.samples import read as saved_alone
from tests.stories import texts

WINDOW = timedelta(hours=72)
Placed = tuple[int, Placement]
T = TypeVar("T")


def connected(store: Store, work: Callable[[Connection], T]) -> T:
    """Run work on the connection of a write."""
    return store.write(lambda tx: work(tx._connection))


def articles_of(store: Store, count: int) -> list[Article]:
    """Articles, each of its own entry, that stand in stories of their own without a text."""
    (feed,) = add_feeds(store, "harbour")
    entries = add_entries(store, feed, *(f"entry-{number}" for number in range(count)))
    return [saved_alone(store, entry, extraction()).article for entry in entries]


def place(store: Store, article: Article, title: str, body: str, now: datetime = NOW) -> Placed:
    """Place a text as the work of an entry does."""
    sketch = near.sketch(title, body)

    def work(tx: Tx) -> Placed:
        found = tx.candidates(sketch, since=now - WINDOW)
        others = [candidate for candidate in found if candidate.article_id != article.id]
        placement = cluster.place(sketch, others)
        standing = tx.article(article.id)
        assert standing is not None
        return tx.place(standing, sketch, placement, now=now), placement

    return store.write(work)


def rows(store: Store) -> tuple[int, int]:
    """How many sketches and fingerprints are stored."""
    return connected(
        store,
        lambda connection: (
            connection.scalar(select(func.count()).select_from(sketches)) or 0,
            connection.scalar(select(func.count()).select_from(fingerprints)) or 0,
        ),
    )


def test_a_copy_joins_the_story_of_the_first_text(store: Store) -> None:
    first, second = articles_of(store, 2)
    story_id, _ = place(store, first, texts.title(1), texts.body(1))

    joined, placement = place(store, second, texts.title(2), texts.body(1, 5), NOW + HOUR)

    assert joined == story_id
    assert (placement.why, placement.peer_id) == (PlacementWhy.NEAR_COPY, first.id)
    story = store.write(lambda tx: tx.story(story_id))
    assert [source.article_id for source in story.sources] == [first.id, second.id]
    assert {source.feed for source in story.sources} == {"harbour"}
    assert (story.first_seen_at, story.last_seen_at) == (NOW, NOW + HOUR)


def test_another_text_is_another_story(store: Store) -> None:
    first, second = articles_of(store, 2)
    story_id, _ = place(store, first, texts.title(1), texts.body(1))

    other, placement = place(store, second, texts.title(2), texts.body(2))

    assert other != story_id
    assert placement.why is PlacementWhy.NEW


def test_the_reason_of_a_placement_is_stored(store: Store) -> None:
    first, second = articles_of(store, 2)
    place(store, first, texts.title(1), texts.body(1))
    _, placement = place(store, second, texts.title(1), texts.body(1, 5))

    wanted = select(placements).where(placements.c.article_id == second.id)
    row = connected(store, lambda connection: connection.execute(wanted).one())

    assert (row.why, row.peer_id, row.detail) == ("near_copy", first.id, placement.detail)
    assert row.distance == pytest.approx(placement.distance)


def test_a_story_takes_in_copies_only_within_its_window(store: Store) -> None:
    first, second, third = articles_of(store, 3)
    story_id, _ = place(store, first, texts.title(1), texts.body(1))

    within, _ = place(store, second, texts.title(1), texts.body(1), NOW + WINDOW - MINUTE)
    later, _ = place(store, third, texts.title(1), texts.body(1), NOW + 2 * WINDOW)

    assert within == story_id
    assert later != story_id


def test_expired_texts_leave_the_index_and_their_stories_stay(store: Store) -> None:
    first, second = articles_of(store, 2)
    old, _ = place(store, first, texts.title(1), texts.body(1))
    place(store, second, texts.title(2), texts.body(2), NOW + 2 * WINDOW)
    kept = rows(store)

    gone = connected(store, lambda connection: stories.expire(connection, NOW + WINDOW))

    assert gone == 1
    assert kept[0] - rows(store)[0] == 1
    assert 0 < rows(store)[1] < kept[1]
    assert store.write(lambda tx: tx.story(old)).sources
    assert connected(store, lambda connection: stories.expire(connection, NOW + WINDOW)) == 0


def test_an_article_whose_text_changed_is_found_by_its_new_text_alone(store: Store) -> None:
    article, other, third = articles_of(store, 3)
    story_id, _ = place(store, article, texts.title(1), texts.body(1))
    stays = Placement(story_id, PlacementWhy.SAME_PAGE, detail="edited")
    edited = near.sketch(texts.title(2), texts.body(2))

    store.write(lambda tx: tx.place(article, edited, stays, now=NOW))

    assert place(store, other, texts.title(2), texts.body(2, 6))[0] == story_id
    assert place(store, third, texts.title(1), texts.body(1, 6))[0] != story_id


def test_an_edit_that_changes_little_keeps_one_set_of_rows(store: Store) -> None:
    (article,) = articles_of(store, 1)
    story_id, _ = place(store, article, texts.title(1), texts.body(1))
    before = rows(store)
    stays = Placement(story_id, PlacementWhy.SAME_PAGE, detail="edited")

    sketch = near.sketch(texts.title(1), texts.body(1))
    for _ in range(3):
        store.write(lambda tx: tx.place(article, sketch, stays, now=NOW))

    assert rows(store) == before


def test_a_story_that_its_only_article_leaves_is_no_more(store: Store) -> None:
    first, second = articles_of(store, 2)
    story_id, _ = place(store, first, texts.title(1), texts.body(1))
    alone, _ = place(store, second, texts.title(2), texts.body(2))

    moved, _ = place(store, second, texts.title(1), texts.body(1, 6))

    assert moved == story_id
    with pytest.raises(StoreError, match=f"no story {alone}"):
        store.write(lambda tx: tx.story(alone))


def test_many_copies_add_nothing_to_the_index(store: Store) -> None:
    copies = articles_of(store, 12)
    place(store, copies[0], texts.title(1), texts.body(1))
    before = rows(store)

    for number, copy in enumerate(copies[1:], 1):
        place(store, copy, texts.title(number), texts.body(1))

    assert rows(store) == before


def test_copies_of_a_pruned_article_are_found_by_those_that_stay(store: Store) -> None:
    (feed,) = add_feeds(store, "harbour")
    text = extraction(title=texts.title(1), body=texts.body(1))
    kept = []
    for number in range(2):
        at = NOW + number * 2 * DAY
        (entry,) = add_entries(store, feed, f"entry-{number}", now=at)
        kept.append(saved_alone(store, entry, text, now=at).article)
        story_id, _ = place(store, kept[-1], text.title, text.body, at)
    sketch = near.sketch(texts.title(2), texts.body(1, 5))

    dropped = store.prune(Retention(articles=30 * DAY), NOW + 31 * DAY)

    (found,) = store.write(lambda tx: tx.candidates(sketch, since=NOW))
    assert dropped["articles"] == 1
    assert (found.article_id, found.story_id) == (kept[1].id, story_id)
    assert cluster.place(sketch, [found]).story_id == story_id


def test_a_footer_under_many_stories_is_stored_a_few_times_only(store: Store) -> None:
    many = articles_of(store, 8)

    for number, article in enumerate(many):
        body = f"{texts.body(number, 3)}\n\n{texts.FOOTER}"
        _, placement = place(store, article, texts.title(number), body)
        assert placement.why is PlacementWhy.NEW

    per_value = select(func.count()).select_from(fingerprints).group_by(fingerprints.c.value)
    most = connected(store, lambda connection: max(connection.scalars(per_value)))
    assert most <= 3


def test_sources_stand_in_the_order_of_their_dates(store: Store) -> None:
    many = articles_of(store, 5)
    story_id, _ = place(store, many[0], texts.title(1), texts.body(1))
    for article in many[1:]:
        place(store, article, texts.title(1), texts.body(1))

    story: Story = store.write(lambda tx: tx.story(story_id))

    dates = [source.published_at for source in story.sources]
    assert len(dates) == 5
    assert dates == sorted(date for date in dates if date)


def test_copies_that_arrive_at_once_do_not_split_a_story(database_url: str) -> None:
    """Two stores stand for two machines; on PostgreSQL they write at the same moment."""
    with Store.open(database_url) as one, Store.open(database_url) as other:
        many = articles_of(one, 12)

        def work(number: int) -> int:
            store = (one, other)[number % 2]
            return place(store, many[number], texts.title(number), texts.body(number // 6))[0]

        with ThreadPoolExecutor(4) as pool:
            placed = list(pool.map(work, range(12)))

    assert len(set(placed[:6])) == 1
    assert len(set(placed[6:])) == 1
    assert placed[0] != placed[6]


def test_a_copy_waits_for_the_one_that_is_just_being_placed(database_url: str) -> None:
    """The second looks for candidates when the first has looked, and found none, but not yet placed."""
    looked, going = Event(), Event()
    with Store.open(database_url) as one, Store.open(database_url) as other:
        first, second = articles_of(one, 2)
        sketch = near.sketch(texts.title(1), texts.body(1))

        def slowly(tx: Tx) -> int:
            placement = cluster.place(sketch, tx.candidates(sketch, since=NOW - WINDOW))
            looked.set()
            going.wait(10)
            sleep(0.3)
            return tx.place(first, sketch, placement, now=NOW)

        def meanwhile() -> int:
            looked.wait(10)
            going.set()
            return place(other, second, texts.title(2), texts.body(1))[0]

        with ThreadPoolExecutor(2) as pool:
            placed = [pool.submit(one.write, slowly), pool.submit(meanwhile)]
            stories_ = {future.result(30) for future in placed}

    assert len(stories_) == 1
