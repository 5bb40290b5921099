"""Structured data of a page: schema.org objects in JSON-LD scripts."""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

MAX_ITEMS = 5_000
"""Objects looked at on one page; real pages have tens, shops a few hundred."""

MAX_SCRIPT = 2_000_000
"""Characters of one script that are read."""

_ARTICLE = re.compile(
    r"(?:Article|BlogPosting|Report|Review|Blog|LiveBlogPosting|TechArticle|ScholarlyArticle|Recipe)$"
)

Item = Mapping[str, Any]


def items(scripts: Iterable[str]) -> list[Item]:
    """Return every schema.org object in a page's scripts, outer ones first, at most `MAX_ITEMS`."""
    found: list[Item] = []
    for script in scripts:
        found.extend(_walk(_load(script)))
    return found[:MAX_ITEMS]


def _load(text: str) -> object:
    if len(text) > MAX_SCRIPT:
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_unwrapped(text), strict=False)
    except (ValueError, RecursionError):
        return None


def _unwrapped(text: str) -> str:
    """Return a script without comment marks around it and commas before closing brackets."""
    text = text.strip().removeprefix("<!--").removesuffix("-->")
    text = re.sub(
        r"^\s*(?:/\*|//)?\s*<!\[CDATA\[\s*(?:\*/)?|(?:/\*|//)?\s*\]\]>\s*(?:\*/)?\s*$", "", text
    )
    return re.sub(r",(?=\s{0,50}[\]}])", "", text.strip().removesuffix(";"))


def _walk(root: object) -> Iterator[Item]:
    todo, seen = deque([root]), 0
    while todo and seen < MAX_ITEMS:
        seen += 1
        value = todo.popleft()
        if isinstance(value, dict):
            yield value
            todo.extend(child for child in value.values() if isinstance(child, dict | list))
        elif isinstance(value, list):
            todo.extend(child for child in value if isinstance(child, dict | list))


def types(item: Item) -> list[str]:
    """Return the `@type` names of an object."""
    kind = item.get("@type")
    return [k for k in (kind if isinstance(kind, list) else [kind]) if isinstance(k, str)]


def is_article(item: Item) -> bool:
    """Return whether an object describes an article."""
    return any(_ARTICLE.search(kind) for kind in types(item))


def text(value: object) -> str:
    """Return the text of a value: a string, the first of a list, an object's `name` or `@value`."""
    for _ in range(4):
        if isinstance(value, str):
            return value
        if isinstance(value, Sequence):
            value = next(iter(value), None)
        elif isinstance(value, Mapping):
            value = value.get("name") or value.get("@value") or value.get("url") or value.get("@id")
    return ""


def names(value: object) -> list[str]:
    """Return the names in an author value: strings, objects or lists of them."""
    found: list[str] = []
    for one in value if isinstance(value, list) else [value]:
        name = (one.get("name") or _parts(one)) if isinstance(one, Mapping) else one
        found.extend(n for n in (name if isinstance(name, list) else [name]) if isinstance(n, str))
    return found


def _parts(person: Item) -> str:
    return f"{text(person.get('givenName'))} {text(person.get('familyName'))}".strip()
