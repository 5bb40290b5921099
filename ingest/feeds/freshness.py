"""What to ask of a feed's server, and what in its answer is news."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from urllib.parse import urlsplit

from ingest.feeds import pace, recognition
from ingest.feeds.recognition import Question
from ingest.feeds.settings import FeedConfig
from ingest.model import (
    EntryPlan,
    EntryWhy,
    Feed,
    KnownEntry,
    ParsedEntry,
    ParsedFeed,
    Request,
    StoredEntry,
    Validators,
)

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
FICKLE_AFTER = 2
"""Documents in a row whose items were known, but most under other guids, until guids count no more.

One may be a move to other software; a second within hours is a habit.
"""
_HEAD = 50_000
_TAIL = 1_000
_FIRST_ITEM = re.compile(rb"<(?:[\w.-]{1,50}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_BUILT = re.compile(rb"<(lastBuildDate|pubDate|updated|modified|dc:date)>[^<>]{0,60}</\1>")
_LAST_COMMENT = re.compile(rb"<!--[^<>]{0,900}-->\s*\Z")
MAX_VERSIONS = 8
"""Hashes remembered of what an entry was before: servers that disagree have two or three versions."""


def request_for(
    feed: Feed, config: FeedConfig, *, timeout_s: float, max_bytes: int, now: datetime
) -> Request:
    """Return the GET for the next check of a feed.

    What is stored of an address has its references as written; they are filled in here.
    Configured headers may hold secrets, so they go only to the host they were configured for,
    not where a permanent redirect has led since, and never from https down to http.
    """
    url = config.url if feed.current_url == config.address else feed.current_url
    headers = {}
    if _is_same_place(config.url, url):
        headers = {name: value.get_secret_value() for name, value in config.headers.items()}
    if config.user_agent is not None:
        headers["User-Agent"] = config.user_agent
    return Request(
        url=url,
        timeout_s=timeout_s,
        max_bytes=max_bytes,
        validators=_validators(feed, now),
        headers=headers,
        accept=ACCEPT,
    )


def body_hash(body: bytes) -> str:
    """Return the hash by which two answers are known to be the same, 32 hexadecimal digits.

    When the document says it was built is not in it: many servers build it for each request, and
    say so before the first item or in a comment behind everything.
    """
    first = _FIRST_ITEM.search(body, 0, _HEAD)
    start = first.start() if first else 0
    behind = _LAST_COMMENT.search(body, max(start, len(body) - _TAIL))
    hashed = blake2b(_BUILT.sub(b"", body[:start]), digest_size=16)
    hashed.update(memoryview(body)[start : behind.start() if behind else len(body)])
    return hashed.hexdigest()


def decide(
    parsed: ParsedFeed,
    known: Mapping[str, KnownEntry],
    *,
    aliases: Mapping[str, Mapping[str, bool]] | None = None,
    stored: Sequence[StoredEntry] = (),
    made_at: datetime | None = None,
) -> tuple[EntryPlan, ...]:
    """Return what to do with each item of a document, in its order, each item once.

    `known` gives what is stored under keys and aliases.
    `aliases` gives further keys of entries (`parse.aliases`): one that was stored alone under its
    guid stays the same when a second item comes under that guid. Where an alias names its entry
    whatever the text, that may have been edited.
    `stored` is the answer to `question`, and `made_at` the time of the fetch where the document may
    have been made for it.
    """
    chosen = _chosen(parsed)
    document = recognition.Document(parsed, chosen.values(), made_at) if stored else None
    if document is not None:
        keys = recognition.reused(document, chosen, known, stored)
        chosen = {
            keys.get(key, key): replace(entry, key=keys.get(key, key))
            for key, entry in chosen.items()
        }
    found = _found(chosen, known, aliases or {})
    if document is not None:
        taken = {known[key].id for key in chosen if key in known}
        taken |= {each.id for each in found.values()}
        unknown = [entry for key, entry in chosen.items() if key not in known and key not in found]
        same = recognition.recognised(document, unknown, stored, taken)
        found |= {key: KnownEntry(was.id, was.hash, was.earlier) for key, was in same.items()}
    return tuple(_plan(entry, known.get(key), found.get(key)) for key, entry in chosen.items())


def question(
    parsed: ParsedFeed,
    known: Mapping[str, KnownEntry],
    aliases: Mapping[str, Mapping[str, bool]],
) -> Question | None:
    """Return what else to ask the store before `decide`; None in the usual case."""
    chosen = _chosen(parsed)
    if all(key in known and entry.hash == known[key].hash for key, entry in chosen.items()):
        return None
    return recognition.question(parsed, chosen, known, _found(chosen, known, aliases))


def _chosen(parsed: ParsedFeed) -> dict[str, ParsedEntry]:
    """Return each item once, by its key, in its latest version."""
    chosen: dict[str, ParsedEntry] = {}
    for entry in parsed.entries:
        standing = chosen.get(entry.key)
        if standing is None or _is_later(entry, standing):
            chosen[entry.key] = entry
    return chosen


def new_guids(before: object, plans: Sequence[EntryPlan], left_out: int = 0) -> int:
    """Return how many documents in a row, the last `plans`, knew most of their entries by text alone.

    `before` is the number that was remembered; at `FICKLE_AFTER` it stays. `left_out` entries were
    known by their bytes: one that is pinned may have a guid that stays.
    """
    count = before if isinstance(before, int) else 0
    if count >= FICKLE_AFTER or not plans:
        return count
    rekeyed = sum(plan.rekeyed for plan in plans)
    by_key = left_out + sum(plan.id is not None and not plan.rekeyed for plan in plans)
    return count + 1 if rekeyed >= 2 and rekeyed > by_key else 0


def _found(
    chosen: Mapping[str, ParsedEntry],
    known: Mapping[str, KnownEntry],
    aliases: Mapping[str, Mapping[str, bool]],
) -> dict[str, KnownEntry]:
    """Return the stored entries of items that are stored under one of their other keys.

    Each stored entry is found once, by the last of those that ask for it: feeds list the oldest
    last, and the others are further items that say the same.
    """
    found: dict[str, KnownEntry] = {}
    taken = {known[key].id for key in chosen if key in known}
    for key, entry in reversed([*chosen.items()]):
        if key in known:
            continue
        named = (
            (known[each], sure) for each, sure in aliases.get(key, {}).items() if each in known
        )
        stored = (was for was, sure in named if sure or was.hash == entry.hash)
        free = next((each for each in stored if each.id not in taken), None)
        if free is not None:
            found[key] = free
            taken.add(free.id)
    return found


def _plan(entry: ParsedEntry, known: KnownEntry | None, found: KnownEntry | None) -> EntryPlan:
    was, rekeyed = known or found, known is None and found is not None
    if was is None:
        return EntryPlan(entry, EntryWhy.NEW)
    if entry.hash == was.hash or _flaps(entry, was):
        return EntryPlan(entry, EntryWhy.KNOWN, was.id, rekeyed=rekeyed)
    earlier = tuple(dict.fromkeys((was.hash, *was.earlier)))[:MAX_VERSIONS]
    return EntryPlan(entry, EntryWhy.CHANGED, was.id, earlier=earlier, rekeyed=rekeyed)


def _flaps(entry: ParsedEntry, known: KnownEntry) -> bool:
    """Return whether an entry swings between versions, as where a feed's servers disagree.

    Going back once is an edit (a correction withdrawn); going back from what was gone back to is
    none.
    """
    return entry.hash in known.earlier and known.hash in known.earlier


def _is_later(entry: ParsedEntry, other: ParsedEntry) -> bool:
    """Return whether an item given twice is meant in this version; feeds list the newest first."""
    if entry.updated_at is None or other.updated_at is None:
        return False
    return entry.updated_at > other.updated_at


def _validators(feed: Feed, now: datetime) -> Validators:
    """Return the feed's validators, unless they are due for proof or proven false."""
    if feed.memory.get("liar") or pace.is_proof_due(feed, now):
        return Validators()
    return feed.validators


def _is_same_place(configured: str, current: str) -> bool:
    """Return whether secrets for one address may be sent to another."""
    if configured == current:
        return True
    try:
        one, other = urlsplit(configured), urlsplit(current)
        same_host = (one.hostname, one.port) == (other.hostname, other.port)
    except ValueError:
        return False
    return same_host and other.scheme in {one.scheme, "https"}
