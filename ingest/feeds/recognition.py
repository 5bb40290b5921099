"""Which stored entry an item is, where its key is unknown or says another: by title, link and date.

The cases behind each rule:
- guids made anew at each fetch, perhaps beside one that stays (a pinned item): an equal link with
  an equal date or text is the same item;
- such guids with a token in each text: an equal link and title is the same item only if several are
  at once, for one may be a live page's next item (`Current warning`);
- warnings that say the same each day, without a link of their own: another date is another item,
  unless the dates are made at the fetch themselves;
- items without date and link are the same under new guids only if several of them are at once;
- guids that are positions (`1` to `10`, `latest`): another link, another date and other words in
  the title are another item, under a reused guid; a headline that is edited, and its link with it,
  keeps its date or most of its words.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ingest.feeds import identity
from ingest.feeds.volatile import lasting
from ingest.model import KnownEntry, ParsedEntry, ParsedFeed, StoredEntry

MADE_WITHIN = timedelta(minutes=5)
"""How far from the fetch a date lies at most that was made by it: clocks differ, caches keep."""
MAX_ALIKE = 100
"""Stored entries of one link, or of one title, text and link, that an item is compared with."""
SAME_DATE = timedelta(minutes=1)
"""Dates reckoned back from `3 hours ago` differ by seconds."""
_WORD = re.compile(r"[぀-ヿ㐀-鿿가-힣]|[^\W぀-ヿ㐀-鿿가-힣]+")


class _Sameness(Enum):
    SURE = "sure"
    PERHAPS = "perhaps"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask the store about items that their keys don't settle."""

    ids: tuple[int, ...]
    """Of stored entries whose guid now stands with something else."""
    links: tuple[str, ...]
    hashes: tuple[str, ...]


class Document:
    """What in a document names its items: links that only one has, dates that the fetch didn't make."""

    def __init__(
        self, parsed: ParsedFeed, items: Collection[ParsedEntry], made_at: datetime | None = None
    ) -> None:
        self._home = identity.address(parsed.link) if parsed.link else None
        self._links = Counter(_address(entry.link) for entry in items)
        self._dates = Counter(map(_date, items))
        self._is_made = made_at is not None and not parsed.left_out
        self._is_made &= all(_is_about(when, made_at) for when in self._dates)

    def page_of(self, entry: ParsedEntry) -> str:
        """Return the address of an item's own page; empty where it has none."""
        page = _address(entry.link)
        return page if page != self._home and self._links[page] == 1 else ""

    def sameness(self, entry: ParsedEntry, stored: StoredEntry) -> _Sameness:
        """Say whether an item is a stored entry under another guid."""
        if self._is_of_another_date(entry, stored):
            return _Sameness.NONE
        same_date = _date(entry) is not None and _date(entry) == _date(stored)
        page = self.page_of(entry)
        if page and page == _address(stored.link):
            if same_date or entry.hash == stored.hash:
                return _Sameness.SURE
            same_title = lasting(entry.title).split() == lasting(stored.title).split()
            return _Sameness.PERHAPS if same_title else _Sameness.NONE
        if entry.hash != stored.hash:
            return _Sameness.NONE
        return _Sameness.SURE if same_date else _Sameness.PERHAPS

    def is_reused(self, entry: ParsedEntry, stored: StoredEntry) -> bool:
        """Return whether a guid that was the stored entry's is now another item's."""
        other_date = self._is_of_another_date(entry, stored)
        if _keeps_title(entry.title, stored.title, unless=other_date):
            return False
        if self._keeps_date(entry, stored):
            return False
        page, was = self.page_of(entry), _address(stored.link)
        if page and was and was != self._home:
            return page != was
        return other_date or _date(entry) is None or _date(stored) is None

    def _keeps_date(self, entry: ParsedEntry, stored: StoredEntry) -> bool:
        """Return whether both have a date that names one item: no mere day, hour or fetch."""
        when = _date(entry)
        if when is None or when != _date(stored) or self._dates[when] > 1:
            return False
        return bool(when.minute or when.second)

    def _is_of_another_date(self, entry: ParsedEntry, stored: StoredEntry) -> bool:
        when, was = _date(entry), _date(stored)
        if when is None or was is None or abs(when - was) <= SAME_DATE:
            return False
        return not (self._is_made and _is_about(was, stored.first_seen_at))


def question(
    parsed: ParsedFeed,
    chosen: Mapping[str, ParsedEntry],
    known: Mapping[str, KnownEntry],
    found: Collection[str],
) -> Question | None:
    """Return what to ask the store before deciding; None in the usual case, one new item of several.

    `found` are the keys of items that are recognised by others of their keys.
    """
    changed = {key: known[key].id for key, entry in chosen.items() if _may_be_reused(entry, known)}
    unknown = [key for key in chosen if key not in known and key not in found]
    count = len(chosen) + parsed.left_out
    if len(unknown) < 2 and 2 * len(unknown) < count:
        unknown = []
    asked = [chosen[key] for key in (*changed, *unknown)]
    if not asked:
        return None
    document = Document(parsed, chosen.values())
    links = (entry.link for entry in asked if entry.link and document.page_of(entry))
    # Without pages of their own they can be told by their words alone, for which many are read.
    hashes = (entry.hash for entry in asked) if 2 * len(asked) >= count else ()
    return Question(
        tuple(changed.values()), tuple(dict.fromkeys(links)), tuple(dict.fromkeys(hashes))
    )


def reused(
    document: Document,
    chosen: Mapping[str, ParsedEntry],
    known: Mapping[str, KnownEntry],
    stored: Iterable[StoredEntry],
) -> dict[str, str]:
    """Return the keys whose guid is now another item's, and the key of that item."""
    by_id = {each.id: each for each in stored}
    found = {}
    for key, entry in chosen.items():
        was = by_id.get(known[key].id) if _may_be_reused(entry, known) else None
        if was is not None and document.is_reused(entry, was):
            found[key] = identity.key_beside(key, document.page_of(entry), entry.title)
    return found


def recognised(
    document: Document,
    unknown: Sequence[ParsedEntry],
    stored: Iterable[StoredEntry],
    taken: Collection[int],
) -> dict[str, StoredEntry]:
    """Return the stored entries of items of unknown keys.

    Each stored entry is found once, by the last of those that could be it: feeds list the oldest
    last, and the others are further items that say the same.
    """
    alike: dict[str, list[StoredEntry]] = defaultdict(list)
    for each in sorted(stored, reverse=True):
        if each.id not in taken:
            for name in {each.hash, _address(each.link)} - {""}:
                alike[name] = [*alike[name], each][:MAX_ALIKE]
    sure: dict[str, StoredEntry] = {}
    perhaps: dict[str, StoredEntry] = {}
    used: set[int] = set()
    for entry in reversed(unknown):
        candidates = (*alike[entry.hash], *alike[document.page_of(entry)])
        free = [each for each in candidates if each.id not in used]
        for sameness, found in ((_Sameness.SURE, sure), (_Sameness.PERHAPS, perhaps)):
            same = next((each for each in free if document.sameness(entry, each) is sameness), None)
            if same is not None:
                found[entry.key] = same
                used.add(same.id)
                break
    is_habit = len(perhaps) >= 2 and 2 * len(perhaps) >= len(unknown)
    return {**perhaps, **sure} if is_habit else sure


def _may_be_reused(entry: ParsedEntry, known: Mapping[str, KnownEntry]) -> bool:
    was = known.get(entry.key)
    return was is not None and entry.hash != was.hash and identity.is_by_guid(entry.key)


def _is_about(when: datetime | None, fetched_at: datetime | None) -> bool:
    if when is None or fetched_at is None:
        return False
    return abs(when - fetched_at) <= MADE_WITHIN


def _date(of: ParsedEntry | StoredEntry) -> datetime | None:
    return of.published_at or of.updated_at


def _address(link: str | None) -> str:
    return identity.address(link) if link else ""


def _keeps_title(title: str, before: str, *, unless: bool) -> bool:
    """Return whether most words of the shorter title are in the other one; without titles not `unless`."""
    words, old = (set(_WORD.findall(lasting(each).casefold())) for each in (title, before))
    if not words or not old:
        return not unless
    return 2 * len(words & old) > min(len(words), len(old))
