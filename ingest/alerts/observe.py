"""What may be out of order, each with its detail and advice: facts come in, nothing is measured here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ingest import urls
from ingest.alerts.health import SELDOM, Observation, in_words
from ingest.alerts.settings import Health
from ingest.model import (
    OVERLAP_LOST,
    Backlog,
    Condition,
    Feed,
    FeedState,
    Outcome,
    SiteTrack,
    Validity,
)

QUEUE_AGE_S = 900.0
"""Due work that nobody has taken up for a quarter of an hour, the usual interval of a feed."""
NOT_TAKEN = timedelta(minutes=45)
STILL_NOT_TAKEN = timedelta(minutes=15)
"""How old a message is, and for how long it has been seen refused, before somebody hears of it: an
hour for a new one; mail servers that greylist take it within minutes."""
LEAST_FREE = 0.05
"""Share of the disk that must be free; file systems slow down when fuller."""
GAP_COUNTS = timedelta(days=3)
"""How long a check without overlap is shown: a feed that misses its entries each weekend has one
condition, not fifty a year."""
CERTIFICATE_LEFT = timedelta(days=7)
CERTIFICATE_SHARE = 0.2
"""A certificate is near its end with less than a week left, but not before a fifth of its life is
all that is left: those of six days are renewed with half of it to go."""
LONG_WITHOUT = timedelta(days=30)
"""How long a rule may be without a single match; a month sees most subjects come up."""
ALWAYS, ENOUGH_ARTICLES, ENOUGH_FEEDS = 0.5, 200, 5
"""A rule true of every second article, of at least so many from so many feeds, says nothing of
them; below, it may be that one outlet is all that is watched."""

CERTIFICATE = "certificate_expiring"

KNOWN_PAGES = 20
"""Pages of a site to know what is usual for it."""
READ_LATELY = timedelta(days=7)
"""A site of which nothing was read for so long is not spoken of."""
UNFIT = 0.3
"""A site's rule that fits so few of the last pages fits no more: six in a row it did not."""

_WATCHED = (FeedState.OK, FeedState.SILENT, FeedState.FAILING, FeedState.GONE)
_AT_ONCE = timedelta()


def of_feeds(feeds: Iterable[Feed], settings: Health, now: datetime) -> list[Observation]:
    """Return which feeds fail, are none any more, gone, silent or elsewhere, or lost entries."""
    found: list[Observation] = []
    for feed in feeds:
        if feed.state in _WATCHED:
            found += filter(None, (_state(feed, settings), _moved(feed), _gap(feed, now)))
    return found


def _state(feed: Feed, settings: Health) -> Observation | None:
    """Return what polling found wrong with a feed, at most one thing."""
    match feed.state:
        case FeedState.GONE:
            return Observation(
                "feed_gone",
                feed.name,
                "Its server says that it is gone for good (410).",
                f"Look for its new address or remove it: {feed.current_url}",
                _AT_ONCE,
            )
        case FeedState.SILENT:
            since = _last_news(feed)
            return Observation(
                "feed_silent",
                feed.name,
                f"Nothing new since {since:%Y-%m-%d}, which is unusual for it."
                if since
                else "Nothing new for unusually long.",
                f"See whether the outlet has moved its feed: {feed.current_url}",
                _AT_ONCE,
                since,
            )
        case FeedState.FAILING:
            return _failing(feed, settings)
        case _:
            return None


def _failing(feed: Feed, settings: Health) -> Observation:
    since = _time(feed.memory.get("failing_since"))
    many = f"{feed.failures} checks in a row have" if feed.failures > 1 else "The last check has"
    detail = f"{many} failed: {feed.last_error}"
    if feed.last_outcome is Outcome.NOT_A_FEED:
        advice = (
            f"See where the outlet has its feed now: `ingest feeds discover {feed.current_url}`"
        )
        kind = "not_a_feed"
    else:
        kind, advice = "feed_failing", f"Open it in a browser: {feed.current_url}"
    return Observation(kind, feed.name, detail, advice, settings.feed_failing_after, since)


def _moved(feed: Feed) -> Observation | None:
    """Return that a permanent redirect, which polling has seen twice, leads to another host."""
    was, is_now = _host(feed.url), _host(feed.current_url)
    if was == is_now:
        return None
    return Observation(
        "feed_moved",
        feed.name,
        f"{was} redirects it for good to {is_now}, and it is read there.",
        f"If that is the same outlet, write the new address in the files: {feed.current_url}",
        _AT_ONCE,
        repeat=SELDOM,
    )


def _gap(feed: Feed, now: datetime) -> Observation | None:
    """Return that a check knew none of the entries it found, so that some may have been missed."""
    at = _time(feed.memory.get("gap_at"))
    if at is None or now - at >= GAP_COUNTS:
        return None
    return Observation(
        OVERLAP_LOST,
        feed.name,
        f"The check of {at:%Y-%m-%d %H:%M} UTC knew nothing of what it found: entries between it "
        "and the check before may have been missed.",
        "If the daemon had not been down, let it look more often: a shorter `interval` for this "
        "feed, or a lower `polling.min`.",
        _AT_ONCE,
        at,
        repeat=SELDOM,
    )


def of_dead_letters(dead: Mapping[str, int]) -> list[Observation]:
    """Return the channels with messages that were given up."""
    return [
        Observation(
            "dead_letters",
            channel,
            f"{_messages(count)} could not be delivered.",
            "See `ingest deliveries list --state dead`, then `ingest deliveries retry --dead`.",
            _AT_ONCE,
        )
        for channel, count in sorted(dead.items())
    ]


def of_backlogs(backlogs: Iterable[Backlog], now: datetime) -> list[Observation]:
    """Return the channels with messages that were refused for long, so far not for good."""
    return [
        Observation(
            "channel_failing",
            each.channel,
            f"{_messages(each.count)} still not taken: {each.error}",
            f"Try it with `ingest channels test {each.channel}`; nothing is lost for three days.",
            STILL_NOT_TAKEN,
        )
        for each in backlogs
        if now - each.since >= NOT_TAKEN
    ]


def of_queues(oldest_s: Mapping[str, float | None]) -> list[Observation]:
    """Return the queues whose oldest due row has waited too long."""
    return [
        Observation(
            "queue_age",
            name,
            f"The oldest of the due {name} has waited for {in_words(timedelta(seconds=age))}.",
            "See `ingest status`; a channel or many sites may be slow, or the machine too small.",
        )
        for name, age in oldest_s.items()
        if age is not None and age > QUEUE_AGE_S
    ]


def of_disk(free: int, total: int) -> list[Observation]:
    """Return that the disk of the database is nearly full; sizes in bytes."""
    if not total or free / total >= LEAST_FREE:
        return []
    detail = f"{free / 1e9:.1f} GB of {total / 1e9:.1f} GB are free."
    return [Observation("disk", "database", detail, "Make room, or shorten `retention`.")]


def of_certificates(
    seen: Mapping[str, Validity],
    hosts: Mapping[str, Sequence[str]],
    standing: Iterable[Condition],
    now: datetime,
) -> list[Observation]:
    """Return the hosts whose certificates run out soon; `hosts` tells what is read there or sent to.

    One that is known from before and not seen since the start is still near its end.
    """
    found = [
        _running_out(host, seen[host], users)
        for host, users in hosts.items()
        if host in seen and is_near_its_end(seen[host], now)
    ]
    found += [
        Observation(each.kind, each.subject, each.detail, each.advice, _AT_ONCE)
        for each in standing
        if each.kind == CERTIFICATE and each.subject in hosts and each.subject not in seen
    ]
    return found


def _running_out(host: str, certificate: Validity, users: Sequence[str]) -> Observation:
    more = f" and {len(users) - 3} more" if len(users) > 3 else ""
    return Observation(
        CERTIFICATE,
        host,
        f"Its certificate ends on {certificate.until:%Y-%m-%d %H:%M} UTC.",
        f"From then on nothing goes through: tell who runs {host}. It serves "
        f"{', '.join(users[:3])}{more}.",
        _AT_ONCE,
    )


def is_near_its_end(certificate: Validity, now: datetime) -> bool:
    """Return whether a certificate is about to run out."""
    life = certificate.until - certificate.since
    return certificate.until - now < min(CERTIFICATE_LEFT, CERTIFICATE_SHARE * life)


def of_rules(
    rules: Iterable[str],
    matched: Collection[str],
    last_day: Mapping[str, int],
    articles: int,
    feeds: int,
) -> list[Observation]:
    """Return the rules that never match, and those that match nearly everything.

    `matched` are those with any match; `last_day` counts the articles that each matched in the last
    day, of so many `articles` from so many `feeds`.
    """
    found = []
    enough = articles >= ENOUGH_ARTICLES and feeds >= ENOUGH_FEEDS
    for rule in rules:
        if rule not in matched:
            found.append(_never(rule))
        elif enough and last_day.get(rule, 0) >= ALWAYS * articles:
            found.append(_always(rule, last_day[rule], articles))
    return found


def _never(rule: str) -> Observation:
    return Observation(
        "rule_never_matches",
        rule,
        f"No article has matched it for {in_words(LONG_WITHOUT)} or more.",
        f"See whether it asks for what it should: `ingest rules show {rule}`",
        LONG_WITHOUT,
        repeat=SELDOM,
    )


def _always(rule: str, count: int, articles: int) -> Observation:
    return Observation(
        "rule_always_matches",
        rule,
        f"It matched {count} of the {articles} articles of the last day.",
        "Narrow it down: `ingest rules test` shows what it finds, and where.",
        _AT_ONCE,
        repeat=SELDOM,
    )


def _messages(count: int) -> str:
    return f"{count} message{'s' if count != 1 else ''}"


def _host(url: str) -> str:
    return urls.host(url).removeprefix("www.")


def _last_news(feed: Feed) -> datetime | None:
    week = feed.memory.get("week")
    return _time(week.get("at")) if isinstance(week, Mapping) else None


def _time(value: object) -> datetime | None:
    """Return a remembered time; None for none, or none that can be read."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at and at.tzinfo else None


def of_sites(tracks: Iterable[SiteTrack]) -> list[Observation]:
    """Return the sites whose pages are read far worse than usual, or whose rule fits no more."""
    found = []
    for each in tracks:
        if each.rule_fit <= UNFIT:
            found.append(
                Observation(
                    "site_rule_unfit",
                    each.site,
                    "The `body` selectors of its site rule find nothing on its last pages.",
                    "Its pages may look different now; try the rule on one: `ingest extract --site-rule FILE URL`",
                    _AT_ONCE,
                    repeat=SELDOM,
                )
            )
        if each.pages >= KNOWN_PAGES and each.has_dropped:
            found.append(
                Observation(
                    "extraction_dropped",
                    each.site,
                    f"Its last pages gave no text, or far less than usual; {each.usual:.0%} of them used to.",
                    "Look at one with `ingest explain URL`: the site may have a new layout or keep us out; a site rule may help.",
                    _AT_ONCE,
                    repeat=SELDOM,
                )
            )
    return found
