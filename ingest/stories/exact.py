"""The same page: one identity for a page, whatever feed, link or spelling led to it."""

import re
from urllib.parse import SplitResult, urlsplit

from ingest import urls

_VARIANT_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.")
_TELLING = re.compile(r"(?=.{6,})(?:.*\d|.*[-_].*[-_])")


def page_key(url: str | None, canonical: str | None, *, fallback: str) -> str:
    """Return the identity of the page at `url`, whose own canonical link is `canonical`.

    The canonical link (RFC 6596) is believed only where it can be the same page: sites are known to
    name their front page, a section or the bare script on every page, and a page of one outlet
    shall not pass for another's. Without a readable address the identity is `fallback`.
    """
    own = _spelled(url)
    if own is None:
        return fallback
    claimed = _spelled(canonical)
    if claimed is not None and _is_believable(urlsplit(claimed), urlsplit(own)):
        return claimed
    return own


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
