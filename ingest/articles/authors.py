"""Names of authors out of what pages write where a name should be."""

import html
import re
from collections.abc import Iterable

from ingest.articles.words import plain, squeeze

MAX_AUTHORS = 12

_BY = re.compile(
    r"^(?:(?:written|posted|published|reported|reviewed|story|text|words|article|created|submitted)\s+by|by|von|par|por|di|av|af|door|autor(?:in|en)?|author|authors|reporter|de|text|texte|redaktion|редактор|автор)\b\s*[:|]?\s+",
    re.I,
)
_SPLIT = re.compile(r"\s*(?:[;/|•·]|\s(?:and|und|et|y|e|og|och|&|with|mit)\s)\s*")
_COMMA = re.compile(r"\s*[,，、]\s*")
_ROLE = re.compile(
    r"\b(?:reporters?|writers?|editors?|editor-in-chief|journalist\w*|correspondent\w*|columnist|contributors?|contributing|producer|critic|redakteur\w*|korrespondent\w*|redactora?|periodista|giornalista|professor|staff|news|author|founder|ceo|ph\.?d\.?|m\.?d\.?|expert|analyst|specialist|fellow|director|chief|head|manager|politics|sports?|business|opinion|culture|magazine|newspaper|times|herald|gazette|post|tribune|university|press|media|network|photographer|usa|uk|us|london|washington|new york|updated|published|\w+\.(?:com|org|net|de|lt|co\.uk))\b",
    re.I,
)
_NOT_NAME = re.compile(
    r"[()]|\b(?:images?|photo|getty|instagram)\b|https?:|www\.|@|\d{2}|[{}<>\[\]=_]|\.(?:com|org|net|de)\b",
    re.I,
)
_DESKS = (" staff", " reports", " correspondent", " staff reporter")
_SUFFIX = re.compile(r"\s*(?:기자|記者|记者)$|\s+(?:The )?Associated Press$|^Photo by\s+")
_NOBODY = frozenset(
    """
    the|admin|administrator|staff|editor|editors|editorial|editorial team|editorial staff|news desk|web desk|newsroom|webmaster
    |author|authors|by|unknown|none|null|guest|user|root|anonymous|redaktion|redaction|team|staff writer|staff writers|staff reporter|online|author name|undefined|wordpress|share|follow|more|view profile|see full bio|articles|contributor|posts|agencies|agency|agences|agenturen
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)


def names(raw: Iterable[str], site: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the distinct names in `raw`, in order, without roles, addresses and the site's own name."""
    own = {plain(name) for name in site if name}
    found: dict[str, str] = {}
    for text in raw:
        for name in _split(text):
            key = plain(name)
            if key and key not in own and key not in _NOBODY and not key.endswith(_DESKS):
                found.setdefault(key, name)
    return tuple(found.values())[:MAX_AUTHORS]


def _split(text: str) -> Iterable[str]:
    text = squeeze(html.unescape(html.unescape(text[:400])))
    if "://" in text:
        return
    text = _BY.sub("", text).strip(" ,-–—|:•")
    has_role = False
    for part in _SPLIT.split(text):
        pieces = [piece for piece in _COMMA.split(part) if piece]
        for at, piece in enumerate(pieces):
            name = re.sub(r"\s*\(.*?\)\s*", " ", _BY.sub("", piece)).strip(" ,.-–—|:•")
            name = _SUFFIX.sub("", name)
            if (at or has_role) and _ROLE.search(name):
                has_role = True
                break
            if is_name(name):
                yield name


def is_name(text: str) -> bool:
    """Return whether a text may be a person's or a desk's name."""
    return 2 <= len(text) <= 60 and len(text.split()) <= 6 and not _NOT_NAME.search(text)


def from_byline(text: str) -> list[str]:
    """Return the names in a visible byline, or nothing where it does not read as one."""
    text = squeeze(text)
    led = bool(_BY.match(text))
    if len(text) > 150:
        return []
    found = [name for name in _split(text) if _reads_as_person(name)]
    return found if found and (led or len(found) == 1 or len(text) < 80) else []


def _reads_as_person(name: str) -> bool:
    words = name.split()
    return (
        2 <= len(words) <= 4
        and all(
            word[:1].isupper()
            or word.lower()
            in ("van", "von", "de", "der", "den", "al", "bin", "da", "di", "du", "la", "le", "el")
            for word in words
        )
        and not _ROLE.search(name)
    )
