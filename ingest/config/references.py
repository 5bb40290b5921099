"""What no model can see: names given twice, names nobody has, addresses and queries at fault.

Reads the tree and not the settings, so that these faults come together with all others.
Texts are compared as written, before `${…}`: nothing secret can get into a message.
"""

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from ingest.config.faults import hint
from ingest.config.nodes import Node, Place
from ingest.errors import ConfigError, RuleError
from ingest.model import Rule
from ingest.rules.language import parse
from ingest.rules.percolate import scoped

_HINTS = 50
"""Unknown names of a kind that get a hint: a search among 2,000 names takes about 10 ms."""


def faults(
    root: Node, expand: Callable[[Node], object], *, complete: bool
) -> Iterator[ConfigError]:
    """Return the faults of the whole configuration; names are looked up only when `complete`.

    `expand` gives a value with its references replaced.
    """
    feeds, rules = _list(root, "feeds"), _list(root, "rules")
    channels = root.get("channels")
    yield from _twice("feed", [*_feed_names(feeds)])
    yield from _twice("rule", [*_texts(rules, "name")])
    yield from _addresses(feeds, expand)
    named = root.get("lists")
    lists = set(named.value) if named and isinstance(named.value, dict) else set[str]()
    yield from _queries(rules, expand, lists if complete else None)
    if not complete:
        return
    ways = set(channels.value) if channels and isinstance(channels.value, dict) else set[str]()
    names = {name for name, _ in _feed_names(feeds)}
    tags = {tag for tag, _ in _members(feeds, "tags")}
    health = [node for node in [root.get("health")] if node]
    yield from _unknown("channel", _members(rules, "notify"), ways)
    yield from _unknown("channel", _members(health, "channels"), ways)
    yield from _unknown("feed", _members(rules, "feeds"), names)
    yield from _unknown("tag", _members(rules, "tags"), tags, "no feed has it")


def _list(root: Node, key: str) -> list[Node]:
    node = root.get(key)
    return node.items() if node else []


def _texts(nodes: Iterable[Node], key: str) -> Iterator[tuple[str, Place]]:
    for node in nodes:
        child = node.get(key)
        if child and isinstance(child.value, str):
            yield child.value, child.place


def _members(nodes: Iterable[Node], key: str) -> Iterator[tuple[str, Place]]:
    for node in nodes:
        for item in _list(node, key):
            if isinstance(item.value, str):
                yield item.value, item.place


def _feed_names(feeds: Iterable[Node]) -> Iterator[tuple[str, Place]]:
    """Return each feed's name, which is its address where none is given."""
    for feed in feeds:
        named = feed.get("name")
        yield from _texts([feed], "name" if named and named.value else "url")


def _twice(kind: str, names: Iterable[tuple[str, Place]]) -> Iterator[ConfigError]:
    first: dict[str, Place] = {}
    for name, place in names:
        earlier = first.setdefault(name, place)
        if earlier is not place:
            yield place.fault(
                f"two {kind}s are called `{name}`", f"the other is on {earlier.line_in(place)}"
            )
        if not name.strip():
            yield place.fault(f"a {kind} needs a name")


def _unknown(
    kind: str, used: Iterable[tuple[str, Place]], known: set[str], why: str = ""
) -> Iterator[ConfigError]:
    tail = f": {why}" if why else ""
    strangers = ((name, place) for name, place in used if name not in known)
    for number, (name, place) in enumerate(strangers):
        near = hint(name, known) if number < _HINTS else ""
        yield place.fault(f"unknown {kind} `{name}`{tail}", near)


def _addresses(feeds: Iterable[Node], expand: Callable[[Node], object]) -> Iterator[ConfigError]:
    for node in (found for feed in feeds if (found := feed.get("url"))):
        if not isinstance(node.value, str):
            continue
        try:
            parts = urlsplit(str(expand(node)).strip())
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            yield node.place.fault(
                "`url` must be a web address", "such as https://example.org/feed.xml"
            )


def _queries(
    rules: Iterable[Node], expand: Callable[[Node], object], lists: set[str] | None
) -> Iterator[ConfigError]:
    """Return the faults of the queries; None for the lists means that not all of them are known."""
    for rule in rules:
        node, stem = rule.get("query"), rule.get("stem")
        if node is None or not isinstance(node.value, str):
            continue
        query = str(expand(node))
        stemmed = stem is not None and stem.text() == "true"
        try:
            if lists is None:
                parse(query, stem=stemmed)
            else:
                scoped(Rule("", query, stem=stemmed, lists=dict.fromkeys(lists, ())))
        except RuleError as error:
            yield _query(node, node.value, error)


def _query(node: Node, written: str, error: RuleError) -> ConfigError:
    if "${" in written:  # what a reference brought is not to be shown
        return node.place.fault("`query` cannot be read once its references are filled in")
    return _inside(node, error.position).fault(f"`query`: {error.pointed()}")


def _inside(node: Node, position: int) -> Place:
    """Return the place of a character of a text, or of the text where only YAML could tell."""
    place, text = node.place, node.value
    if not isinstance(text, str) or node.style in {"|", ">"}:
        return place
    if node.style == '"' and '"' in text:
        return place  # escapes shift the columns
    quote = 1 if node.style else 0
    doubled = text.count("'", 0, position) if node.style == "'" else 0
    return place._replace(column=place.column + quote + position + doubled)
