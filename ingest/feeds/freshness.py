"""What to ask of a feed's server, and what in its answer is news."""

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import blake2b
from urllib.parse import urlsplit

from ingest.feeds import pace
from ingest.feeds.settings import FeedConfig
from ingest.model import EntryPlan, EntryWhy, Feed, ParsedEntry, ParsedFeed, Request, Validators

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)


def request_for(
    feed: Feed, config: FeedConfig, *, timeout_s: float, max_bytes: int, now: datetime
) -> Request:
    """Return the GET for the next check of a feed.

    Configured headers may hold secrets, so they go only to the host they were configured for,
    not where a permanent redirect has led since, and never from https down to http.
    """
    headers = {}
    if _is_same_place(config.url, feed.current_url):
        headers = {name: value.get_secret_value() for name, value in config.headers.items()}
    if config.user_agent is not None:
        headers["User-Agent"] = config.user_agent
    return Request(
        url=feed.current_url,
        timeout_s=timeout_s,
        max_bytes=max_bytes,
        validators=_validators(feed, now),
        headers=headers,
        accept=ACCEPT,
    )


def body_hash(body: bytes) -> str:
    """Return the hash by which two answers are known to be the same, 32 hexadecimal digits."""
    return blake2b(body, digest_size=16).hexdigest()


def decide(
    parsed: ParsedFeed,
    known: Mapping[str, tuple[int, str]],
    *,
    same: Mapping[str, int] | None = None,
    versions: Collection[str] = (),
) -> tuple[EntryPlan, ...]:
    """Return what to do with each item of a document, in its order, each item once.

    `known` gives the stored id and hash of known keys.
    `same` gives the stored ids of hashes: an unknown key whose title, text and link are all stored
    already is the same item under a new guid (feeds that make guids at each fetch, sites that
    moved); `unrecognised` says when asking the store for it is worth while.
    `versions` are hashes that the feed's entries have had before (`polling.versions`): a feed
    whose servers disagree flaps between two of them, which is no news.
    """
    chosen: dict[str, ParsedEntry] = {}
    for entry in parsed.entries:
        standing = chosen.get(entry.key)
        if standing is None or _is_later(entry, standing):
            chosen[entry.key] = entry
    return tuple(_plan(entry, known, same or {}, versions) for entry in chosen.values())


def unrecognised(parsed: ParsedFeed, known: Mapping[str, tuple[int, str]]) -> tuple[str, ...]:
    """Return hashes to look up in the feed's stored entries before taking their items as new.

    Empty as long as some entries are recognised by their keys, which is the usual overlap of two
    polls; a feed in which none is has changed its guids, or all its entries.
    Empty for a single entry too: a monthly test of the sirens says the same each time.
    """
    if (
        parsed.left_out
        or len(parsed.entries) < 2
        or any(entry.key in known for entry in parsed.entries)
    ):
        return ()
    return tuple(dict.fromkeys(entry.hash for entry in parsed.entries))


def _plan(
    entry: ParsedEntry,
    known: Mapping[str, tuple[int, str]],
    same: Mapping[str, int],
    versions: Collection[str],
) -> EntryPlan:
    if entry.key not in known:
        stored = same.get(entry.hash)
        why = EntryWhy.NEW if stored is None else EntryWhy.KNOWN
        return EntryPlan(entry, why, stored)
    stored, stored_hash = known[entry.key]
    unchanged = entry.hash == stored_hash or entry.hash in versions
    return EntryPlan(entry, EntryWhy.KNOWN if unchanged else EntryWhy.CHANGED, stored)


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
