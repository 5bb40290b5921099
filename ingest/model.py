"""The records that pass between rooms: frozen, free of behaviour, all times aware UTC.

What only one room needs stays in that room; what two share lives here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

# --- feeds and entries ------------------------------------------------------------------------


class FeedState(StrEnum):
    """Where a feed stands."""

    OK = "ok"
    FAILING = "failing"
    SILENT = "silent"
    GONE = "gone"
    PAUSED = "paused"
    RETIRED = "retired"


class Outcome(StrEnum):
    """What one check of a feed came to."""

    FETCHED = "fetched"
    NOT_MODIFIED = "not_modified"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    HTTP_ERROR = "http_error"
    NETWORK_ERROR = "network_error"
    NOT_A_FEED = "not_a_feed"
    PARSE_ERROR = "parse_error"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave for the next conditional GET, replayed to the letter (RFC 9110 §13)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed we watch, with its polling state as stored."""

    id: int
    name: str
    url: str
    current_url: str
    tags: tuple[str, ...] = ()
    state: FeedState = FeedState.OK
    validators: Validators = Validators()
    body_hash: str | None = None
    last_outcome: Outcome | None = None
    last_status: int | None = None
    last_checked_at: datetime | None = None
    next_check_at: datetime | None = None
    wait_until: datetime | None = None
    """Told to wait by its server (429, 503, Retry-After): only `--force` asks earlier."""
    interval_s: float | None = None
    failures: int = 0
    last_error: str | None = None
    first_polled_at: datetime | None = None
    """When its entries were first stored; None before the first success."""
    memory: Mapping[str, object] = field(default_factory=dict)
    """What the polling decisions remember between checks (JSON)."""


class SubscriptionState(StrEnum):
    """Where a subscription to a hub stands."""

    WANTED = "wanted"
    ASKED = "asked"
    """The hub was asked and has not verified yet, or did not take the request."""
    ACTIVE = "active"
    DENIED = "denied"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed's subscription to its hub (WebSub)."""

    feed_id: int
    hub: str
    topic: str
    token: str
    """The last part of our callback's address, known to the hub and to nobody else."""
    secret: str = field(repr=False)
    state: SubscriptionState
    next_at: datetime
    """When the hub is to be asked again."""
    expires_at: datetime | None = None
    failures: int = 0
    """Requests since the hub verified last."""
    last_error: str | None = None
    verified: int = 0
    """How often the hub has verified."""
    feed: str = ""


@dataclass(frozen=True, slots=True)
class WantedFeed:
    """A feed as the files want it; `name` is unique among them."""

    name: str
    url: str
    tags: tuple[str, ...] = ()
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file attached to an entry."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One item as its feed gives it; `key` is its identity within the feed."""

    key: str
    guid: str | None
    link: str | None
    title: str
    """Plain text."""
    summary: str
    """HTML as given, sanitised."""
    content: str
    """HTML as given, sanitised; empty where the feed has only a summary."""
    authors: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    tags: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    hash: str
    """Changes when a reader would say the entry changed."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document as read."""

    title: str
    link: str | None
    description: str
    language: str | None
    updated_at: datetime | None
    format: str
    """As feedparser names it (`rss20`, `atom10`, …), `json11`, …"""
    ttl_s: float | None
    """How long the feed itself asks to be left alone (`ttl`, `sy:*`); None where it says nothing."""
    entries: tuple[ParsedEntry, ...]
    warnings: tuple[str, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)
    """Digest of each item's bytes and its entry's key, to recognise it unread; may be empty."""
    left_out: int = 0
    """Entries recognised so in this document, which are not among `entries`."""
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day, UTC, 0 to 23, in which the feed asks not to be looked at (`skipHours`)."""
    skip_days: frozenset[int] = frozenset()
    """Days likewise, 0 for Monday as `datetime.weekday` counts (`skipDays`)."""


class EntryWhy(StrEnum):
    """Why an entry goes on, or does not."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"


class KnownEntry(NamedTuple):
    """What tells whether a stored entry has changed."""

    id: int
    hash: str
    earlier: tuple[str, ...] = ()
    """Hashes it had before, the latest first."""


class StoredEntry(NamedTuple):
    """What a stored entry says, to tell whether an item of another key is the same."""

    id: int
    hash: str
    earlier: tuple[str, ...]
    title: str
    link: str | None
    published_at: datetime | None
    updated_at: datetime | None
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """What to do with one parsed entry; `id` is the stored entry's where there is one."""

    entry: ParsedEntry
    why: EntryWhy
    id: int | None = None
    earlier: tuple[str, ...] = ()
    """Of a changed entry: the hashes it had before, the latest first."""
    rekeyed: bool = False
    """Whether the stored entry is to have the key of this one from now on."""


class EntryState(StrEnum):
    """Where an entry stands."""

    WAITING = "waiting"
    """Its page is still to be read."""
    READ = "read"
    """It became an article."""
    FAILED = "failed"
    """The program itself failed on it several times; tried again now and then, never dropped."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as stored."""

    id: int
    feed_id: int
    feed: str
    feed_tags: tuple[str, ...]
    key: str
    guid: str | None
    link: str | None
    title: str
    summary: str
    content: str
    authors: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    tags: tuple[str, ...]
    hash: str
    first_seen_at: datetime
    state: EntryState
    why: EntryWhy
    silent: bool
    """Stored without alerting (the feed's first poll under `polling.first: store`)."""
    site: str
    read_at: datetime | None
    """When its page is due; None when nothing is due."""
    attempts: int
    article_id: int | None
    page_outcome: str | None
    page_error: str | None


# --- articles and stories ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Extraction:
    """The readable article of one page or of a feed's own text."""

    title: str
    body: str
    """Paragraphs joined by a blank line."""
    summary: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    date: str | None = None
    """The publication day as written, `YYYY-MM-DD`."""
    language: str | None = None
    canonical_url: str | None = None
    image: str | None = None
    site_name: str | None = None
    method: str = "page"
    """How the body was found: `page`, `site_rule`, `json`, `feed`, …"""
    warnings: tuple[str, ...] = ()
    next_page: str | None = None
    """Where the article goes on, found by a site rule."""
    html: str = ""
    """The text with its links, lists and quotes, safe to show; empty where it was not asked for."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What the feed says of an entry whose page is read; a vote, never the answer."""

    title: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """An article as stored."""

    id: int
    key: str
    feed: str
    feed_id: int
    url: str | None
    canonical_url: str | None
    title: str
    summary: str
    authors: tuple[str, ...]
    published_at: datetime | None
    language: str | None
    body: str
    words: int
    story_id: int
    method: str
    revision: int
    fetched_at: datetime
    image: str | None = None
    site_name: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as received."""

    url: str
    html: bytes
    content_type: str | None = None


SHARED_LINK = "shared_link"
"""The outcome of a page that entries of one feed share, so that it is no one's."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """How the page of an entry was had, or why not; kept on the entry for `explain`."""

    outcome: str
    """`fetched`, `feed_text`, `robots`, `http_error`, …"""
    error: str | None = None
    final_url: str | None = None
    pages: tuple[RawPage, ...] = ()
    """What was received, for keeping: the page, and the article's further pages after it."""


@dataclass(frozen=True, slots=True)
class SiteTrack:
    """How well the pages of one site (a host) are read; shares between 0 and 1."""

    site: str
    pages: int = 0
    usual: float = 1.0
    """Share of its pages that gave their text."""
    recent: float = 1.0
    """The same of the last few."""
    length: float = 0.0
    """Usual length of a text, in characters."""
    rule_fit: float = 1.0
    """Share of the last pages that the site's rule fitted."""
    seen_at: datetime | None = None

    @property
    def has_dropped(self) -> bool:
        """Whether the last pages gave far less than usual.

        Four without a text in a row do, where every page used to have one.
        """
        return self.usual - self.recent >= 0.5


class Change(StrEnum):
    """What saving a reading did to the article of that page."""

    NEW = "new"
    TEXT = "text"
    """The stored article got another title or body: a new revision."""
    SAME = "same"


class Replaced(StrEnum):
    """Why another text took the place of an article's."""

    EDITED = "edited"
    """The publisher says something else."""
    PAGE_READ = "page_read"
    """It was the feed's text until the page could be read."""
    CLEANED = "cleaned_again"
    """The same page is read in another way by now."""


class PlacementWhy(StrEnum):
    """Why an article stands in its story."""

    NEW = "new_story"
    SAME_PAGE = "same_page"
    SAME_TEXT = "same_text"
    NEAR_COPY = "near_copy"
    CHANGED_VERSION = "changed_version"
    """A near copy in which numbers or names are others."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What stories know of a text without the text: small, stored, comparable (`stories.near`)."""

    text_hash: int
    """64-bit signed hash of the whole normalised text; 0 where there is too little text."""
    title_hash: int
    """32-bit hash of the normalised title; 0 where it has too few words."""
    title: frozenset[int]
    """16-bit hashes of the title's longer words."""
    length: int
    """Shingles of the text before sampling, about its words."""
    opening: int
    """How many of the samples come from the opening of the text."""
    samples: tuple[int, ...]
    """16-bit hashes of sampled shingles in reading order, each once."""
    prints: tuple[int, ...]
    """32-bit hashes of the few sampled shingles by which the text is found."""
    facts: tuple[tuple[int, int], ...]
    """16-bit hashes of numbers and names, each with its place among the samples."""


Fingerprint = tuple[int, int]
"""A method of `stories.near` and the value that it gave a text."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored article that may tell the same story."""

    article_id: int
    story_id: int
    sketch: Sketch
    hops: int = 0
    """Near copies between the story's first text and this one."""
    shared: frozenset[Fingerprint] = frozenset()
    """Fingerprints of the asked text that its story already holds."""
    furniture: frozenset[Fingerprint] = frozenset()
    """Fingerprints of the asked text that too many stories hold to mean anything."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where dedup put an article; `story_id` and `peer_id` are None for a new story."""

    story_id: int | None
    why: PlacementWhy
    peer_id: int | None = None
    distance: float = 1.0
    """0 is the same text, 1 nothing in common."""
    detail: str = ""
    hops: int = 0
    """Near copies between the story's first text and this one; 0 for the first."""
    fingerprints: tuple[Fingerprint, ...] | None = None
    """Those under which later copies shall find it: none where it brings no text of its own, None for all."""


@dataclass(frozen=True, slots=True)
class Source:
    """One outlet's article within a story."""

    article_id: int
    feed: str
    url: str | None
    title: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """A group of articles telling the same thing; sources oldest first."""

    id: int
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    sources: tuple[Source, ...] = ()


# --- rules and matches ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """A named query with its scope and the channels it speaks to."""

    name: str
    query: str
    tags: tuple[str, ...] = ()
    """Only feeds with one of these tags; empty: all."""
    feeds: tuple[str, ...] = ()
    """Only these feeds, by name; empty: all."""
    notify: tuple[str, ...] = ()
    on: str = "article"
    repeat: str = "story"
    severity: str = "normal"
    surge: tuple[float, timedelta] | None = None
    """How many times its usual, within which time, is a surge."""
    absent: timedelta | None = None
    """How long without a match is worth telling."""
    stem: bool = False
    """Words of the query also find their other forms, in the language of the article."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    """The entries of the lists that a query may name as `$list`."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a rule is asked about."""

    title: str
    text: str
    feed: str = ""
    tags: tuple[str, ...] = ()
    summary: str = ""
    authors: tuple[str, ...] = ()
    language: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """What a text index is asked for: each of the parts must be in an article."""

    parts: "tuple[Wanted, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """What a text index is asked for: one of the parts must be in an article."""

    parts: "tuple[Wanted, ...]"


Wanted = str | AllOf | AnyOf
"""A word as `text.searchable` has it (`word*`: any that begins so), or several."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A passage of the text as given; offsets count code points, end exclusive."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A rule true of a document, with the passages that made it true, in reading order."""

    rule: str
    spans: tuple[Span, ...]


# --- alerts and deliveries --------------------------------------------------------------------


class AlertWhy(StrEnum):
    """What became of a match."""

    ALERTED = "alerted"
    """A new alert was raised."""
    SOURCE = "further_source"
    """The story was already alerted under this rule; the article was added as a source."""
    UPDATED = "changed_version"
    """The same, but the article says something else than the story so far: told as an update."""
    OUTLETS = "more_outlets"
    """The same, and the story has reached a notable number of outlets: told as an update."""
    HEADLINE = "headline_changed"
    """An alerted page was edited and has another headline: told as an update."""
    TEXT = "text_changed"
    """An alerted page was edited and much of its text is another: told as an update."""
    SEEN = "already_alerted"
    """This very article was already alerted under this rule."""
    SILENT = "first_poll"
    """The entry came with a feed's first poll and `polling.first` is `store`."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What we decided to tell; unique by rule and `key` (a story, or an article)."""

    id: int
    rule: str
    story_id: int
    article_id: int
    key: str
    kind: str
    state: str
    reason: str
    created_at: datetime


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    RETRYING = "retrying"
    DEAD = "dead"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one channel; `id` is stable over all attempts and known to the receiver."""

    id: str
    alert_id: int | None
    channel: str
    type: str
    """`alert.created`, `test`, … as on the wire."""
    payload: Mapping[str, object]
    """The wire object: `type`, `timestamp`, `data`."""
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None = None
    last_error: str | None = None
    delivered_at: datetime | None = None
    recipients: Mapping[str, str] = field(default_factory=dict)
    """What mail recipients have answered so far (`served` or `refused`); the others are still due."""
    reason: str | None = None
    """Why it waits or was suppressed, or that it was asked for by hand."""


# --- health -----------------------------------------------------------------------------------

OVERLAP_LOST = "overlap_lost"
"""The condition of a feed of which a check knew nothing of what it found."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something out of order; one of a kind for a subject, dropped when it clears."""

    kind: str
    """`feed_failing`, `dead_letters`, `surge`, …"""
    subject: str
    """The feed, channel, queue or rule."""
    since: datetime
    """When it was seen first."""
    detail: str
    advice: str
    raised_at: datetime | None = None
    """When somebody was told first; None while it may still pass by itself."""
    told_at: datetime | None = None
    """When somebody was told last."""
    over_at: datetime | None = None
    """Since when it is over, where nobody was told so yet."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a channel has refused so far, and not for good."""

    channel: str
    count: int
    since: datetime
    """When the oldest of it was put in the outbox."""
    error: str


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate holds."""

    since: datetime
    until: datetime


# --- fetching ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One GET to make; bounds are for the whole exchange, redirects included."""

    url: str
    timeout_s: float
    max_bytes: int
    validators: Validators = Validators()
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: str = "*/*"


@dataclass(frozen=True, slots=True)
class Response:
    """A 2xx or 304 answer, body decoded from its transfer and content codings."""

    url: str
    """Where the body came from, after redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    permanent_url: str | None = None
    """The end of the chain of 301/308 that began at the asked address; None where there was none."""
    elapsed_s: float = 0.0
    address: str | None = None
    """The IP address that answered; None where a proxy stands between."""

    @property
    def not_modified(self) -> bool:
        """Whether the server said that nothing changed."""
        return self.status == 304

    @property
    def validators(self) -> Validators:
        """What to send with the next conditional GET."""
        return Validators(self.headers.get("etag"), self.headers.get("last-modified"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the pacing of a site learns from one exchange with it; empty where there was none."""

    status: int | None = None
    retry_after_s: float | None = None
    elapsed_s: float = 0.0
    address: str | None = None
    """The IP address that answered, where it is known."""
    crawl_delay_s: float | None = None
    """What the site's robots.txt asks for between two pages."""
    again: bool = False
    """Whether this was a step on the way, and the work is to go on when the site's delay is over."""


class RobotsWhy(StrEnum):
    """Why a page may be fetched, or not."""

    ALLOWED = "allowed"
    DISALLOWED = "disallowed"
    UNREACHABLE = "unreachable"
    """The rules could not be had: no page until they can (RFC 9309 §2.3.1.4)."""


@dataclass(frozen=True, slots=True)
class RobotsVerdict:
    """What a site's robots.txt says of one address."""

    allowed: bool
    why: RobotsWhy
    crawl_delay_s: float | None = None
    asked: Exchange | None = None
    """What asking the site for its rules came to, where that was done just now."""
