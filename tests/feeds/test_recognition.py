"""Which stored entry an item is where its key doesn't tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ingest.feeds import freshness, parse
from ingest.feeds.identity import Habits
from ingest.feeds.recognition import Question
from ingest.model import EntryPlan, EntryWhy, KnownEntry, ParsedFeed, StoredEntry

NOW = datetime(2026, 11, 23, 8, 30, 20, tzinfo=UTC)
HOME = "https://met.example/"
HOUR = timedelta(hours=1)
NEW, CHANGED, KNOWN = EntryWhy.NEW, EntryWhy.CHANGED, EntryWhy.KNOWN


def item(
    guid: str | None,
    title: str,
    link: str | None = None,
    at: datetime | None = None,
    text: str = "x",
) -> str:
    return (
        (f"<guid isPermaLink='false'>{guid}</guid>" if guid else "")
        + (f"<link>{link}</link>" if link else "")
        + (f"<pubDate>{format_datetime(at)}</pubDate>" if at else "")
        + f"<title>{title}</title><description>{text}</description>"
    )


@dataclass
class Past:
    """What is stored of a feed, as the store would give it."""

    entries: dict[str, StoredEntry] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    fickle: int = 0
    now: datetime = NOW
    asked: Question | None = None

    def check(self, *items: str, after: timedelta = HOUR, left_out: int = 0) -> list[EntryWhy]:
        """Decide on a document and remember what came of it."""
        self.now += after
        habits = Habits(self.shared, self.fickle >= freshness.FICKLE_AFTER)
        parsed = self._parse(items, habits)
        aliases = parse.aliases(parsed, habits) if self.entries else {}
        known = {
            key: KnownEntry(was.id, was.hash, was.earlier) for key, was in self.entries.items()
        }
        self.asked = freshness.question(parsed, known, aliases) if self.entries else None
        plans = freshness.decide(
            parsed, known, aliases=aliases, stored=self._alike(self.asked), made_at=self.now
        )
        for plan in plans:
            self._store(plan)
        self.fickle = freshness.new_guids(self.fickle, plans)
        self.shared += [plan.entry.key.split(":")[1] for plan in plans if plan.entry.key[0] == "b"]
        return [plan.why for plan in plans]

    def _parse(self, items: Sequence[str], habits: Habits) -> ParsedFeed:
        body = "".join(f"<item>{each}</item>" for each in items)
        body = f"<rss version='2.0'><channel><link>{HOME}</link>{body}</channel></rss>"
        return parse.parse(body.encode(), url=HOME, habits=habits, now=self.now)

    def _alike(self, asked: Question | None) -> list[StoredEntry]:
        return [
            each
            for each in self.entries.values()
            if asked
            and (each.id in asked.ids or each.link in asked.links or each.hash in asked.hashes)
        ]

    def _store(self, plan: EntryPlan) -> None:
        entry = plan.entry
        first = self.now
        number = plan.id or len(self.entries) + 1
        for key, was in [*self.entries.items()]:
            if was.id == plan.id:
                first = was.first_seen_at
                del self.entries[key]
                if plan.why is KNOWN:
                    self.entries[entry.key if plan.rekeyed else key] = was
                    return
        assert entry.key not in self.entries
        self.entries[entry.key] = StoredEntry(
            number, entry.hash, plan.earlier, entry.title, entry.link,
            entry.published_at, entry.updated_at, first,
        )  # fmt: skip


def page(number: int) -> str:
    return f"https://met.example/a/{number}"


def headline(number: int) -> str:
    return f"Report {number} from {number * 7919} of {number * 104729}"


@pytest.mark.parametrize(
    "link", [None, HOME, "https://met.example/live"], ids=["none", "home", "one"]
)
def test_what_says_the_same_each_day_is_news_under_another_date(link: str | None) -> None:
    past = Past()
    for day in range(4):
        warnings = [
            item(f"{day}-{zone}", f"Wind warning {zone}", link, NOW + day * 24 * HOUR)
            for zone in ("north", "south", "east")
        ]

        assert past.check(*warnings, after=24 * HOUR) == [NEW] * 3
    assert past.fickle == 0


def test_dates_made_at_the_fetch_are_no_other_dates() -> None:
    past = Past()
    made = [
        past.check(*(item(f"{fetch}-{n}", headline(n), page(n), past.now + HOUR) for n in range(5)))
        for fetch in range(4)
    ]

    assert made == [[NEW] * 5] + [[KNOWN] * 5] * 3


@pytest.mark.parametrize(
    "pinned",
    [item("pinned", "Read this first", page(99)), item(None, "Read this first", page(99))],
    ids=["guid", "no guid"],
)
@pytest.mark.parametrize("at", [None, NOW], ids=["no dates", "dates"])
def test_one_item_that_stays_does_not_hide_that_guids_are_made_anew(
    pinned: str, at: datetime | None
) -> None:
    past = Past()
    news = []
    for fetch in range(6):
        some = [
            item(f"{fetch}-{n}", headline(n), page(n), at) for n in range(10 + fetch, fetch, -1)
        ]
        news.append(past.check(pinned, *some).count(NEW))

    assert news == [11, 1, 1, 1, 1, 1]


def test_an_item_among_many_is_not_asked_about_nor_those_that_are_known() -> None:
    past = Past()
    stock = [item(str(n), headline(n), page(n)) for n in range(5)]
    past.check(*stock)

    assert past.check(item("n", headline(9), page(9)), *stock) == [NEW] + [KNOWN] * 5
    assert past.asked is None


def test_a_new_guid_and_a_token_in_the_text_make_no_news() -> None:
    past = Past()
    past.check(*(item(f"0-{n}", headline(n), page(n), text=f"token {n}") for n in range(9)))

    again = past.check(*(item(f"1-{n}", headline(n), page(n), text=f"other {n}") for n in range(9)))

    assert again == [CHANGED] * 9


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (item("1", "T", page(1)), item("2", "T", page(1)), KNOWN),
        (item("1", "T", None, NOW), item("2", "T", None, NOW), KNOWN),
        (item("1", "T", page(1), NOW), item("2", "Quite new words", page(1), NOW), CHANGED),
        (item("1", "T"), item("2", "T"), NEW),
        (item("1", "T", HOME), item("2", "T", HOME), NEW),
        (item("1", "T", page(1)), item("2", "Quite new words", page(1)), NEW),
        (item("1", "T", page(1), NOW), item("2", "T", page(1), NOW + HOUR), NEW),
        (item("1", "T", page(1)), item("2", "T", page(1), text="other"), NEW),
    ],
    ids=["link", "date", "edit", "sirens", "home", "live page", "recurring", "undated"],
)  # fmt: skip
def test_the_one_item_of_a_feed_under_a_new_guid(one: str, other: str, why: EntryWhy) -> None:
    past = Past()
    past.check(one)

    assert past.check(other) == [why]


def test_a_live_page_has_a_next_item_beside_another_that_stays() -> None:
    past = Past()
    stays = item("stays", "Other things", "https://met.example/other")
    past.check(item("1", "Current warning", "https://met.example/now", text="Calm"), stays)

    storm = item("2", "Current warning", "https://met.example/now", text="A storm comes")

    assert past.check(storm, stays) == [NEW, KNOWN]


def test_guids_that_are_positions_lose_no_article() -> None:
    past = Past()
    found = []
    for fetch in range(5):
        numbers = range(10 + 2 * fetch, 2 * fetch, -1)
        found.append(
            past.check(*(item(str(at), headline(n), page(n)) for at, n in enumerate(numbers, 1)))
        )

    assert found == [[NEW] * 10] + [[NEW, NEW] + [KNOWN] * 8] * 4
    assert sorted(each.link or "" for each in past.entries.values()) == sorted(
        map(page, range(1, 19))
    )


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("dated", [True, False])
def test_one_guid_for_whatever_is_latest_loses_no_article(linked: bool, dated: bool) -> None:
    past = Past()
    for n in range(1, 6):
        at = NOW + n * HOUR if dated else None
        latest = item("latest", f"{headline(n)}{n}", page(n) if linked else None, at)

        assert past.check(latest) == [NEW]
        assert past.check(latest) == [KNOWN]


@pytest.mark.parametrize(
    "after",
    [
        item("7", "Storm kills nine in Minsk", page(2), NOW + HOUR),
        item("7", "Quite other words above it", page(2), NOW),
        item("7", "Quite other words above it", page(1), NOW + HOUR),
        item("7", "Storm kills five", page(2), NOW + HOUR),
    ],
    ids=["words", "date", "link", "title"],
)
def test_an_edited_headline_stays_an_edit_though_its_link_changes(after: str) -> None:
    past = Past()
    past.check(item("7", "Storm kills five", page(1), NOW))

    assert past.check(after) == [CHANGED]


def test_an_item_whose_guid_stays_is_known_once_guids_count_no_more() -> None:
    past = Past()
    stays = item("stays", "Stays", "https://met.example/stays")
    for fetch in range(4):
        fresh = [item(f"{fetch}-{n}", headline(n), page(n)) for n in range(3)]
        found = past.check(stays, *fresh)

    assert past.fickle == freshness.FICKLE_AFTER
    assert found == [KNOWN] * 4


def test_an_item_given_twice_under_new_guids_is_stored_no_oftener_than_at_first() -> None:
    past = Past()
    for fetch in range(5):
        twice = [item(f"{fetch}-{at}", headline(n), page(n)) for at, n in enumerate((1, 1, 2))]
        past.check(*twice)

    assert len(past.entries) == 3
