"""Which entry is which: the key that an entry keeps between polls, and the hash that tells an edit.

The cases behind each rule:
- a guid names an item, whatever its link does (permalinks with a date or a tracking tail);
- guids that are addresses survive the site's move from http to https, or to `www.`, `m.` or a last
  slash and back, and other session numbers in them (`?sid=`, `;jsessionid=`), as links do;
- items without guid go by their link, unless that is only the feed's home page;
- items with neither go by their title, or by their text where they have none;
- guids made anew at each fetch name nothing; once a feed is known for them, its items go by the
  rest, as if they had none;
- several items of one document under one guid (a constant, the home page) go by guid and link, and
  under one guid and link, or one link, by their titles and then their dates as well;
- what stands beside an item may therefore make its key finer or coarser than it was; `aliases` are
  the keys under which it may be stored already;
- an item given twice, perhaps before and after an edit of its text, is one item.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from ingest import urls
from ingest.feeds.volatile import lasting

_PLACE = re.compile(r"https?://(?:(?:www|m|mobile)\.(?=[^/]*\.))?", re.IGNORECASE)
_LAST_SLASH = re.compile(r"/(?=[?#]|$)")
_SESSION = re.compile(
    r"([?&;])(?:phpsessid|jsessionid|aspsessionid\w*|cftoken|oscsid|zenid|asp\.net_sessionid)=[^&;#/?]*(&?)"
    r"|([?&])(?:sid|session|session_?id|sess)=(?=\d*[a-f])[0-9a-f]{16,128}(?:(&)|(?=#|$))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Traits:
    """What identity looks at in one entry; the hash as `content_hash` gives it."""

    guid: str | None
    link: str | None
    title: str
    text: str
    published: str
    hash: str


@dataclass(frozen=True, slots=True)
class Habits:
    """What is known of a feed's ways to name its items."""

    shared: Collection[str] = ()
    """Guids that several of its items had, as `shared_guids` gave them."""
    fickle: bool = False
    """Whether it makes new guids at each fetch."""


USUAL = Habits()


def keys(
    items: Sequence[Traits], *, home: str | None = None, habits: Habits = USUAL
) -> tuple[str, ...]:
    """Return the key of each entry of a document, in order.

    Entries of equal keys are the same item given more than once.
    `home` is the feed's own page, which names none of its items.
    A key is short ASCII; its first letter says what it was made of.
    """
    homes = {address(home)} if home else set()
    found: Sequence[str] = [_key(item, homes, habits) for item in items]
    found = _told_apart(items, found, _link_of, _both)
    found = _told_apart(items, found, _words_of, _finer)
    return tuple(_told_apart(items, found, _date_of, _finer))


def aliases(item: Traits, *, home: str | None = None, habits: Habits = USUAL) -> dict[str, bool]:
    """Return every key that an item could have beside fewer or more items like it.

    With each goes whether it names this item whatever its text: the title is in it.
    """
    homes = {address(home)} if home else set()
    plain = _key(item, homes, Habits(fickle=habits.fickle))
    found: dict[str, bool] = {}
    if habits.fickle and item.guid:
        found |= dict.fromkeys(aliases(item, home=home), False)
    both = _both(plain, _link_of(item, plain)) if plain.startswith("g:") else plain
    for key in (plain, both):
        for named in (key, _finer(key, _words_of(item, key))):
            for finer in (named, _finer(named, _date_of(item, key))):
                found.setdefault(finer, named != key and bool(item.title))
    return found


def shared_guids(found: Sequence[str]) -> list[str]:
    """Return the guids, as short digests, that these keys say are shared by several items."""
    return list(dict.fromkeys(key.split(":")[1] for key in found if key.startswith("b:")))


def is_by_guid(key: str) -> bool:
    """Return whether a key was made of a guid that alone names the item, or beside its link."""
    return key.count(":") == {"g": 1, "b": 2}.get(key[:1], 0)


def key_beside(key: str, page: str, title: str) -> str:
    """Return the key of an item whose guid is that of another; `page` is its own page, if any."""
    return _both(key, page) if page and key.startswith("g:") else _finer(key, _plain(title))


def content_hash(title: str, text: str, link: str | None) -> str:
    """Return a hash that changes when a reader would say that the entry changed.

    Markup, white space, counters (`12 comments`, `3 hours ago`), and what `address` leaves out of
    the link are not in it.
    """
    words = " ".join(lasting(text).split())
    return _digest(_plain(title), words, address(link) if link else "")


def is_plain(key: str, shared: Collection[str]) -> bool:
    """Return whether an entry has this key from itself, whatever stands beside it."""
    kind, first, *others = key.split(":")
    return len(others) == (1 if kind == "b" and first in shared else 0)


def _key(item: Traits, homes: set[str], habits: Habits) -> str:
    """Return the key of an entry seen alone."""
    link = address(item.link) if item.link else ""
    if item.guid and not habits.fickle:
        guid = _digest(_bare(item.guid))
        return _both(f"g:{guid}", link) if guid in habits.shared else f"g:{guid}"
    if link and link not in homes:
        return "l:" + _digest(link)
    if item.title:
        return "t:" + _digest(link, _plain(item.title))
    return "c:" + _digest(link, _plain(item.text))


def _told_apart(
    items: Sequence[Traits],
    found: Sequence[str],
    trait: Callable[[Traits, str], str],
    finer: Callable[[str, str], str],
) -> list[str]:
    """Return the keys, made finer by the trait wherever entries that differ in it share one."""
    if len(set(found)) == len(found):
        return list(found)
    traits = [trait(item, key) for item, key in zip(items, found, strict=True)]
    seen: dict[str, set[str]] = defaultdict(set)
    for key, value in zip(found, traits, strict=True):
        seen[key].add(value)
    return [
        finer(key, value) if len(seen[key]) > 1 else key
        for key, value in zip(found, traits, strict=True)
    ]


def _both(key: str, link: str) -> str:
    return f"b:{key[2:]}:{_digest(link)}"


def _finer(key: str, words: str) -> str:
    return f"{key}:{_digest(words)}"


def _link_of(item: Traits, key: str) -> str:
    return address(item.link) if item.link and key.startswith("g:") else ""


def _words_of(item: Traits, key: str) -> str:
    return _plain(item.text if key.startswith("t:") else item.title)


def _date_of(item: Traits, key: str) -> str:
    return "" if key.startswith("t:") else item.published


def _plain(text: str) -> str:
    """Return a text without its counters, unless it is nothing else."""
    return lasting(text).strip() or text


@lru_cache(maxsize=1024)
def address(link: str) -> str:
    """Return what names a page in a link: no scheme, `www.`, `m.`, last slash or session.

    The fragment is kept: pages of live news name their items so.
    """
    try:
        address = urls.canonical(link)
    except ValueError:
        return link
    fragment = link.partition("#")[2]
    return _bare(address + ("" if not fragment or "#" in address else f"#{fragment}"))


def _bare(guid: str) -> str:
    """Return a guid; of one that is an address, what names the page."""
    if not _PLACE.match(guid):
        return guid
    page = _PLACE.sub("", _SESSION.sub(_joint, guid), count=1)
    return _LAST_SLASH.sub("", page, count=1)


def _joint(session: re.Match[str]) -> str:
    """Return what joins the parameters beside a session."""
    return (session[1] or session[3]) if session[2] or session[4] else ""


def _digest(*parts: str) -> str:
    """Return 96 bits of the parts: under one chance in 10^15 that any two of 10^7 entries meet."""
    text = "\n".join(parts).encode("utf-8", "replace")
    return blake2b(text, digest_size=12).hexdigest()
