"""YAML text as a tree of plain text, lists and mappings, each with the place where it stands.

Built from PyYAML's parser events and not by `yaml.compose`: eight times cheaper (no tag is guessed),
and a hundred thousand opening brackets end in a fault instead of a stack overflow in C.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import yaml

from ingest.errors import ConfigError

MAX_DEPTH = 32
"""Nesting of one file, aliases followed; a real configuration has six levels."""
MAX_NODES = 5_000_000
"""Values of one file, aliases followed: a hundred thousand feeds of twenty keys each fit."""

_Loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# YAML 1.2.2 §5.1; found here because libyaml reports such a character without its line.
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BAD_STARTS = {"\t": "indent with spaces, not tabs", **dict.fromkeys("@`%*&!|>", "use quotes")}
_HINTS = (
    ("mapping values are not allowed", "a value with `: ` in it needs quotes"),
    ("did not find expected ',' or", "is a bracket or a comma missing?"),
    ("expected alphabetic", "a value with `*` or `&` first needs quotes"),
    ("unexpected end of stream", "is a closing quote missing?"),
    ("did not find expected", "is the indentation right?"),
)


# `query: "S-400" AND Minsk`: YAML takes the quotes as its own and stumbles over what follows.
_AFTER_QUOTE = re.compile(r""":[ ]+(?:"[^"\n]*"|'[^'\n]*')[ ]+[^\s,\]}#]""")


class Place(NamedTuple):
    """Where something stands; line and column count from 1."""

    file: str
    line: int
    column: int

    def fault(self, message: str, hint: str = "") -> ConfigError:
        """Return a fault at this place."""
        return ConfigError(message, file=self.file, line=self.line, column=self.column, hint=hint)

    def line_in(self, other: "Place") -> str:
        """Name this place as seen from `other`: the line alone where the file is the same."""
        return f"line {self.line}" if self.file == other.file else f"{self.file}:{self.line}"


class Node:
    """One value of a file: text, nothing (None), a list of nodes, or a mapping.

    A mapping holds for each key the place of the key and the node of its value.
    """

    __slots__ = ("height", "place", "size", "style", "value")

    def __init__(
        self,
        value: "str | list[Node] | dict[str, tuple[Place, Node]] | None",
        place: Place,
        style: str = "",
    ) -> None:
        self.value, self.place, self.style = value, place, style
        self.height, self.size = 0, 1

    def get(self, key: str) -> "Node | None":
        """Return the value of a mapping's key; None where there is none."""
        entry = self.value.get(key) if isinstance(self.value, dict) else None
        return entry[1] if entry else None

    def items(self) -> "list[Node]":
        """Return the nodes of a list; an empty list for anything else."""
        return self.value if isinstance(self.value, list) else []

    def text(self) -> str | None:
        """Return the text of a scalar; None for anything else."""
        return self.value if isinstance(self.value, str) else None


def read(text: str, file: str) -> tuple[Node | None, list[ConfigError]]:
    """Read one YAML document; no node for an empty file or where the text is no YAML.

    Every duplicate key and explicit tag is reported; a syntax error ends the reading.
    """
    bad = _UNPRINTABLE.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        return None, [
            Place(file, line, column).fault(f"a character that YAML does not allow: {bad[0]!r}")
        ]
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except ConfigError as fault:
        return None, [*builder.faults, fault]
    except yaml.YAMLError as error:
        return None, [*builder.faults, _syntax(error, text, file)]
    return builder.root, builder.faults


def _syntax(error: yaml.YAMLError, text: str, file: str) -> ConfigError:
    """Return the parser's complaint at its position, with what usually is behind it."""
    problem = getattr(error, "problem", None) or "no YAML"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return ConfigError(problem, file=file)
    usual = (hint for part, hint in _HINTS if part in problem)
    hint = _BAD_STARTS.get(text[mark.index : mark.index + 1]) or next(usual, "")
    line = text[text.rfind("\n", 0, mark.index) + 1 :].partition("\n")[0]
    if _AFTER_QUOTE.search(line):
        hint = """put the whole value in single quotes, such as '"S-400" AND Minsk'"""
    return Place(file, mark.line + 1, mark.column + 1).fault(problem, hint)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    node: Node
    anchor: str | None
    key: tuple[str, Place] | None = None


class _Builder:
    """Puts parser events together; a plain loop with its own stack, so that depth costs no calls."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.faults: list[ConfigError] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: yaml.Event) -> None:
        """Take the next event; raises ConfigError where the file can't be read on."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.CollectionStartEvent():
                self._start(event)
            case yaml.CollectionEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent() if self.root is not None:
                raise self._place(event).fault("a second document", "remove the line `---`")

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None  # the parsers always set it
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = self._place(event)
        self._refuse_tag(event, place)
        several = event.end_mark is not None and event.end_mark.line >= place.line
        style = ">" if several else event.style or ""  # over several lines columns tell nothing
        top = self._stack[-1] if self._stack else None
        if top and isinstance(top.node.value, dict) and top.key is None:
            top.key = (event.value, place)
            return
        empty = not event.style and event.value in _NULLS
        node = Node(None if empty else event.value, place, style)
        if event.anchor:
            self._anchors[event.anchor] = node
        self._add(node)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        place = self._place(event)
        self._refuse_tag(event, place)
        if len(self._stack) >= MAX_DEPTH:
            raise place.fault(f"nested more than {MAX_DEPTH} levels deep")
        top = self._stack[-1] if self._stack else None
        if top and isinstance(top.node.value, dict) and top.key is None:
            raise place.fault("a list or mapping where a key should be", "put the value in quotes")
        is_list = isinstance(event, yaml.SequenceStartEvent)
        self._stack.append(_Open(Node([] if is_list else {}, place), event.anchor))

    def _end(self) -> None:
        closed = self._stack.pop()
        if closed.anchor:
            # Known only now: an alias can't stand inside its own anchor, so there are no rings.
            self._anchors[closed.anchor] = closed.node
        self._add(closed.node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = self._place(event)
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise place.fault(
                f"no anchor `&{event.anchor}` above", "a value with `*` first needs quotes"
            )
        if len(self._stack) + node.height > MAX_DEPTH:
            raise place.fault(f"nested more than {MAX_DEPTH} levels deep")
        self._add(node, place)

    def _add(self, node: Node, place: Place | None = None) -> None:
        """Put a finished node into the list or mapping that is open."""
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        into = top.node.value
        if isinstance(into, list):
            into.append(node)
        elif isinstance(into, dict):
            if top.key is None:
                raise (place or node.place).fault("an alias where a key should be")
            self._put(into, top.key, node)
            top.key = None
        top.node.height = max(top.node.height, node.height + 1)
        top.node.size += node.size
        if top.node.size > MAX_NODES:
            raise (place or node.place).fault(f"more than {MAX_NODES:,} values")

    def _put(self, into: dict[str, tuple[Place, Node]], key: tuple[str, Place], node: Node) -> None:
        name, place = key
        if name in into:
            first = into[name][0].line_in(place)
            self.faults.append(
                place.fault(f"the key `{name}` stands here twice", f"also on {first}")
            )
        else:
            into[name] = (place, node)

    def _refuse_tag(
        self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place
    ) -> None:
        if event.tag:
            self.faults.append(place.fault("tags such as `!!str` are not read", "remove the tag"))
