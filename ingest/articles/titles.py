"""Which of the texts that a page offers is its headline: headings against what the head claims."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from ingest import urls
from ingest.articles.words import plain

HEADLINE_MAX = 300

LABEL_SHARE = 0.4
"""A heading that is a smaller part of what the head says is the label of a topic ("Tsunami warning")."""

MIN_CLAIM = 20
"""Shorter claims are found in a second heading by chance."""

_BAR = re.compile(r"\s+\|+\s+|\s*[｜ㅣ]\s*")
_SEPARATOR = re.compile(r"\s+[\-–—·•»:/]+\s+|[：]|::|(?<=[^\x00-\u04ff])-(?=[^\x00-\u04ff])")
_EDGES = " |-–—·•»:/｜："
_MEDIA = re.compile(
    r"\s*[(\[](?:with |mit |con |avec )?(?:videos?|vidéos?|watch|photos?|pictures|gallery|audio|listen|fotos?|bilder|galerie)[)\]]$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Said:
    """Every text of a page that may be its headline."""

    structured: str = ""
    social: str = ""
    window: str = ""
    feed: str = ""
    """The title that the feed gives the entry."""
    h1: Sequence[str] = ()
    h2: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Who is not the subject of a headline that begins or ends with them: the site, the authors."""

    site: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    @classmethod
    def of(cls, site: Iterable[str], url: str, people: Iterable[str] = ()) -> "Names":
        """Return the names of a site, the labels of its host among them, and of the authors."""
        host = urls.host(url)
        names = {*site, *host.split(".")}
        return cls(
            frozenset(_letters(name) for name in (*names, host) if len(name) > 3),
            frozenset(map(plain, people)),
        )

    def has(self, part: str) -> bool:
        """Return whether a part of a title only names the site."""
        key = _letters(part)
        return key in self.site or (
            len(part.split()) <= 5 and any(name in key for name in self.site)
        )


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text))


def choose(said: Said, names: Names) -> str:
    """Return the headline: the heading that the head confirms, else what the head says."""
    clean = partial(tidy, names=names)
    claims = [t for t in map(clean, (said.structured, said.social, said.window, said.feed)) if t]
    first = [clean(text) for text in said.h1]
    shown = [t for t in first or map(clean, said.h2) if _is_telling(t) and len(t) <= HEADLINE_MAX]
    found = (
        _lower(claims[:2], said, shown)
        or _confirmed(shown, claims, names)
        or _likely(first, claims, names)
    )
    return (found or next(iter((*claims, *first)), ""))[:HEADLINE_MAX]


def spellings(said: Said, title: str, names: Names) -> frozenset[str]:
    """Return every spelling of the headline, as `words.plain` gives it."""
    all_ = (said.structured, said.social, said.window)
    keys = map(plain, (title, *all_, *(tidy(text, names) for text in all_)))
    return frozenset(key for key in keys if len(key) >= 4)


def tidy(text: str, names: Names) -> str:
    """Return a title without the site's name at either end, sections beside bars, media marks."""
    parts = [part for part in _BAR.split(text) if part.strip()]
    others = [part for part in parts if not names.has(part)]
    text = max(others or parts, key=lambda part: len(part.encode()), default="").strip()
    if found := list(_SEPARATOR.finditer(text)):
        first, last = found[0], found[-1]
        if names.has(text[last.end() :]):
            text = text[: last.start()]
        elif names.has(text[: first.start()]):
            text = text[first.end() :]
    return _MEDIA.sub("", text).strip()


def _is_telling(text: str) -> bool:
    """Return whether a text is long enough to be a headline, in Latin letters or in Chinese."""
    return len(text.encode()) >= 8


def _lower(claims: Sequence[str], said: Said, shown: Sequence[str]) -> str:
    """Return the claim that the `h2` shows and no `h1` does: there the `h1` is for search engines.

    So on 35 of the 42 yardstick pages where it happens.
    """
    heads = [plain(text) for text in shown] if said.h1 else []
    for claim in claims:
        key = plain(claim)
        if len(key) >= MIN_CLAIM and not any(key in head for head in heads):
            for text in said.h2:
                if plain(text).endswith(key):
                    return claim
    return ""


def _confirmed(shown: Sequence[str], claims: Sequence[str], names: Names) -> str:
    for agreed in (_same, partial(_with_kicker, names=names), _within):
        for text in shown:
            for claim in claims:
                if found := agreed(text, claim):
                    return found
    return ""


def _same(shown: str, claim: str) -> str:
    return shown if plain(shown) == plain(claim) else ""


def _with_kicker(shown: str, claim: str, names: Names) -> str:
    """Return the spelling with a kicker before a colon; so do the labels of German pages."""
    one, other = plain(shown), plain(claim)
    if not other.endswith(f": {one}"):
        return ""
    kicker = claim[: claim.rfind(":", 0, len(claim) - len(one) + 1)]
    return shown if names.has(kicker) or plain(kicker) in names.people else claim


def _within(shown: str, claim: str) -> str:
    """Return the better of two spellings of which one holds the other; a glued kicker goes."""
    one, other = plain(shown), plain(claim)
    if not _is_telling(other):
        return ""
    if one.endswith(other) and len(other) >= MIN_CLAIM:
        kicker = one[: -len(other)].rstrip(" :")
        return shown if kicker.endswith(('"', "'")) else claim
    if one in other:
        return shown if len(one) >= LABEL_SHARE * len(other) else claim
    return shown if other in one else ""


def _likely(first: Sequence[str], claims: Sequence[str], names: Names) -> str:
    """Return the `h1` that is close to a claim, or the only one where it reads as a headline."""
    best = max(first, key=lambda text: _likeness(text, claims), default="")
    if best and _likeness(best, claims) >= 0.5 and len(best) <= HEADLINE_MAX:
        return best
    sentences = [text for text in first if len(text.split()) >= 4 and not names.has(text)]
    return sentences[0] if len(sentences) == 1 else ""


def _likeness(text: str, claims: Iterable[str]) -> float:
    words = set(plain(text).split())
    others = [set(plain(claim).split()) for claim in claims]
    return max((len(words & other) / max(len(words | other), 1) for other in others), default=0.0)
