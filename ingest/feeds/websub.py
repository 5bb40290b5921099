"""WebSub as its subscriber sees it (W3C Recommendation, 23 January 2018): decisions only.

How a feed names its hub, what a hub may ask of us, whether a push is genuine, and when to ask again.
"""

import hashlib
import hmac
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest import urls
from ingest.model import Subscription, SubscriptionState

LEASE_S = 864_000
"""How long a subscription we ask for lasts; ten days, which hubs commonly take for the default."""
SHORTEST_LEASE_S = 600.0
"""A hub that grants less would have us renew without end; it is asked again after this."""
LONGEST_LEASE_S = 30 * 86_400.0
"""Whatever a hub grants, it is asked again within a month: hubs forget."""
RENEW_AT = 0.8
"""The share of a lease after which it is renewed, which leaves two days of ten for a hub in trouble."""

VERIFIED_WITHIN_S = 600.0
"""How long a hub may take to verify before it is asked again; doubled each further time."""
MAX_WAIT_S = 86_400.0
DENIED_WAIT = timedelta(days=7)
"""How long after a hub's refusal it is asked again."""
PARTING_TRIES = 3
"""Times that a hub is told we leave; then its lease runs out by itself."""

_HEADER_MAX, _HEAD_MAX = 16_384, 65_536
_LINK = re.compile(r"<([^<>]{1,4096})>([^<>]*)")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_ELEMENT = re.compile(r"<(?:[\w.-]{1,40}:)?link\s([^<>]{1,4096})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(rel|href)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_FIRST_ITEM = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_METHODS = ("sha1", "sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a feed's pushes come from, and under what address the hub knows the feed."""

    url: str
    topic: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What a hub asks us to confirm at our callback, or says it refuses."""

    mode: str
    topic: str
    challenge: str = ""
    lease_s: float | None = None
    reason: str = ""


# --- discovery ---------------------------------------------------------------------------------


def discover(headers: Mapping[str, str], body: bytes, url: str) -> Hub | None:
    """Return the hub that an answer names (§4), in its Link header or else in the document.

    `url` is where the answer came from; it is the topic where none is named (`rel="self"`).
    """
    for found in (_in_header(headers.get("link", "")), _in_document(body)):
        links = {rel: address for rel, href in found if (address := urls.join(url, href))}
        if "hub" in links:
            return Hub(links["hub"], links.get("self", url))
    return None


def _in_header(value: str) -> list[tuple[str, str]]:
    """Return (relation, address) of a Link header (RFC 8288), the last first."""
    pairs = []
    for href, parameters in _LINK.findall(value[:_HEADER_MAX]):
        rel = _REL.search(parameters)
        names = (rel[1] or rel[2] or "").lower().split() if rel else []
        pairs += [(name, href) for name in names]
    return pairs[::-1]


def _in_document(body: bytes) -> list[tuple[str, str]]:
    """Return (relation, address) of the links that stand before the first entry, the last first."""
    if body[:64].lstrip().startswith((b"{", b"\xef\xbb\xbf{")):
        return list(_in_json(body))
    first = _FIRST_ITEM.search(body, 0, _HEAD_MAX)
    head = body[: first.start() if first else _HEAD_MAX].decode("utf-8", "replace")
    pairs = []
    for attributes in _ELEMENT.findall(head):
        given = {name.lower(): a or b for name, a, b in _ATTRIBUTE.findall(attributes)}
        href = html.unescape(given.get("href", ""))
        pairs += [(name, href) for name in given.get("rel", "").lower().split() if href]
    return pairs[::-1]


def _in_json(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the same of a JSON feed: its `hubs` of the type WebSub, its `feed_url`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    if isinstance(address := document.get("feed_url"), str):
        yield "self", address
    hubs = document.get("hubs")
    for hub in reversed(hubs) if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and str(hub.get("type")).lower() == "websub":
            yield "hub", str(hub.get("url") or "")


# --- asking ------------------------------------------------------------------------------------


def fields(subscription: Subscription, callback: str) -> dict[str, str]:
    """Return what is posted to the hub (§5.1)."""
    if subscription.state is SubscriptionState.LEAVING:
        wish = {"hub.mode": "unsubscribe"}
    else:
        wish = {
            "hub.mode": "subscribe",
            "hub.lease_seconds": str(LEASE_S),
            "hub.secret": subscription.secret,
        }
    return {**wish, "hub.topic": subscription.topic, "hub.callback": callback}


def after_asking(
    subscription: Subscription, error: str | None, now: datetime
) -> Subscription | None:
    """Return the subscription after a request to its hub; None when it is over.

    Taken or not, the wait grows until the hub has verified; an active one stays active.
    """
    failures = subscription.failures + 1
    state = subscription.state
    if state is SubscriptionState.LEAVING and failures >= PARTING_TRIES:
        return None
    if state in (SubscriptionState.WANTED, SubscriptionState.DENIED):
        state = SubscriptionState.ASKED
    if (
        state is SubscriptionState.ACTIVE
        and subscription.expires_at
        and subscription.expires_at <= now
    ):
        state = SubscriptionState.ASKED
    wait_s = min(VERIFIED_WITHIN_S * 2 ** min(failures - 1, 20), MAX_WAIT_S)
    next_at = now + timedelta(seconds=wait_s)
    return replace(subscription, state=state, failures=failures, last_error=error, next_at=next_at)


# --- what a hub says ---------------------------------------------------------------------------


def read_intent(query: Mapping[str, str]) -> Intent:
    """Return what the query of a hub's GET says (§5.3)."""
    lease = query.get("hub.lease_seconds", "")
    return Intent(
        mode=query.get("hub.mode", ""),
        topic=query.get("hub.topic", ""),
        challenge=query.get("hub.challenge", ""),
        lease_s=float(lease) if lease.isascii() and lease.isdigit() and len(lease) < 12 else None,
        reason=query.get("hub.reason", "")[:500],
    )


def is_meant(subscription: Subscription, intent: Intent) -> bool:
    """Return whether we asked for what a hub wants confirmed, or refuses."""
    leaving = subscription.state is SubscriptionState.LEAVING
    if intent.topic != subscription.topic:
        return False
    if intent.mode == "denied":
        return True
    return bool(intent.challenge) and intent.mode == ("unsubscribe" if leaving else "subscribe")


def after_intent(subscription: Subscription, intent: Intent, now: datetime) -> Subscription | None:
    """Return the subscription after an intent that is meant; None when it is over."""
    if intent.mode == "unsubscribe":
        return None
    if intent.mode == "denied":
        if subscription.state is SubscriptionState.LEAVING:
            return None
        return replace(
            subscription,
            state=SubscriptionState.DENIED,
            last_error=f"the hub refused: {intent.reason or 'no reason given'}",
            expires_at=None,
            next_at=now + DENIED_WAIT,
        )
    lease_s = min(max(intent.lease_s or LEASE_S, SHORTEST_LEASE_S), LONGEST_LEASE_S)
    return replace(
        subscription,
        state=SubscriptionState.ACTIVE,
        failures=0,
        last_error=None,
        expires_at=now + timedelta(seconds=lease_s),
        next_at=now + timedelta(seconds=RENEW_AT * lease_s),
    )


def is_genuine(secret: str, signature: str, body: bytes) -> bool:
    """Return whether a push bears the signature that only its hub can make (§7.1)."""
    method, _, given = signature.strip().partition("=")
    if method.lower() not in _METHODS or not given.isascii():
        return False
    made = hmac.new(secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(made, given.lower())
