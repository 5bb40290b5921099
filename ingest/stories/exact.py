"""The same page: one identity for a page, whatever feed, link or spelling led to it."""

import re
from collections.abc import Collection, Iterable
from urllib.parse import SplitResult, urlsplit

from ingest import urls

_VARIANT_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.")
_TAG = re.compile(r"<[^<>]*>")
_TELLING = re.compile(r"(?=.{6,})(?:.*\d|.*[-_].*[-_])")


def page_key(url: str | None, canonical: str | None, *, fallback: str) -> str:
    """Return the identity of the page at `url`, whose own canonical link is `canonical`.

    The canonical link (RFC 6596) is believed only where it can be the same page: sites are known to
    name their front page, a section or the bare script on every page, and a page of one outlet
    shall not pass for another's. Without a readable address the identity is `fallback`, and where
    it is a site's front page, which every day is another.
    """
    own = _spelled(url)
    if own is None:
        return fallback
    claimed = _spelled(canonical)
    if claimed is not None and _is_believable(urlsplit(claimed), urlsplit(own)):
        own = claimed
    return fallback if urls.is_front(own) else own


def shared(said: Iterable[tuple[str | None, str]]) -> frozenset[str]:
    """Return the links under which entries of one document, given by link and title, tell of different things.

    Of two under an article's address one may be the other with a new headline.
    """
    links: dict[str, set[str]] = {}
    titles: dict[str, set[str]] = {}
    for link, title in said:
        if link:
            spelled = _spelled(link) or link
            links.setdefault(spelled, set()).add(link)
            titles.setdefault(spelled, set()).add(squeezed(title))
    return frozenset(
        link
        for spelled, found in titles.items()
        if len(found) > (2 if len(found) > 1 and is_telling(spelled) else 1)
        for link in links[spelled]
    )


def is_telling(link: str) -> bool:
    """Return whether a link looks like one article's."""
    own = _spelled(link)
    return own is not None and _names_a_page(urlsplit(own))


def is_anothers(
    link: str, title: str, text: str, others: Collection[tuple[str, str, bool]]
) -> bool:
    """Return whether the page at `link` is that of other entries of a feed, which share the link.

    `others` are their titles and texts, and whether the feed still lists them. On status pages,
    lists of changes and of warnings many entries have one link, perhaps under one title. An entry
    that takes the place of another, where the link is an article's, is the same one edited under a
    new guid.
    """
    telling = is_telling(link)
    said = {_said(*other, telling=telling) for *other, _ in others}
    if not said or _said(title, text, telling=telling) in said:
        return False
    return not telling or any(listed for *_, listed in others)


def squeezed(title: str) -> str:
    """Return a title as it is compared."""
    return " ".join(title.split()).casefold()


def _said(title: str, text: str, *, telling: bool) -> str:
    """Return what tells entries of one link apart; markup, which may hold a token, does not."""
    if telling and title:
        return squeezed(title)
    return squeezed(f"{title}\n{_TAG.sub(' ', text)}")


def _spelled(url: str | None) -> str | None:
    try:
        return urls.canonical(url) if url else None
    except ValueError:
        return None


def _is_believable(claimed: SplitResult, own: SplitResult) -> bool:
    if not _same_house(claimed.netloc, own.netloc):
        return False
    return _names_a_page(claimed) or not _says_less(claimed, own)


def _same_house(one: str, other: str) -> bool:
    """Return whether one host is the other, or lies under it, its `www.`, `m.` and `amp.` aside.

    Hosts that merely share their registrable domain may be different people's (`*.github.io`).
    """
    one, other = _VARIANT_HOST.sub("", one), _VARIANT_HOST.sub("", other)
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _says_less(claimed: SplitResult, own: SplitResult) -> bool:
    """Return whether the claimed address is a part of the page's own: a section, the bare script."""
    shallower = len(_segments(claimed)) < len(_segments(own))
    return shallower or bool(own.query and not claimed.query)


def _names_a_page(address: SplitResult) -> bool:
    """Return whether the last part of a path looks like one article's: a number, or a few words."""
    segments = _segments(address)
    return bool(segments and _TELLING.match(segments[-1]))


def _segments(address: SplitResult) -> list[str]:
    return [segment for segment in address.path.split("/") if segment]
