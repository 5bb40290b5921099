"""The rule language: reads a query into a tree, or says where and why it cannot be read.

rule    = or
or      = and { "OR" and }
and     = unary { [ "AND" ] unary }
unary   = ( "NOT" | "-" ) unary | near
near    = item { ("NEAR/" n | "ONEAR/" n) item } | item { "NOT" ("NEAR/" n | "ONEAR/" n) item }
item    = "(" or ")" | "atleast(" n { "," or } ")" | field ":" item | [ "=" | "~" ] term
        | [ "=" ] "/" pattern "/" | "$" list
term    = word | word "*" | '"' words '"' | '"' words '*"'; `?` inside a word is any one letter
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, NoReturn

from ingest.errors import RuleError
from ingest.rules import regex, stems
from ingest.rules.tree import (
    And,
    Apart,
    AtLeast,
    Item,
    Listed,
    Name,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Step,
    Term,
    Word,
)
from ingest.text import Cut, cut, fold, fold_name

MAX_LENGTH = 100_000
"""Code points of one query: some ten thousand names, more than anyone maintains by hand."""
MAX_DEPTH = 50
"""Brackets within brackets: deeper than anyone reads, shallow enough to walk by recursion."""
MAX_PIECES = 10
"""Pieces of one word that are tried joined and apart; a UUID or a hash is not taken to pieces."""

NAME_FIELDS = frozenset({"feed", "tag", "site", "lang"})
"""Fields that are compared as whole names; the others are text."""
TEXT_FIELDS = ("title", "text", "summary", "author", "url")
_FIELDS = "title: text: summary: author: url: feed: tag: site: lang:"

_QUOTES = '"“”„‟«»＂'


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(
        rf"""\s*(?:
          (?P<atleast>(?i:atleast)\()
        | (?P<open>\()
        | (?P<close>\))
        | (?P<phrase>[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}])
        | (?P<unclosed>[{_QUOTES}])
        | (?P<minus>[-\u2010-\u2013\u2212](?=[^\s)]))
        | (?P<exact>=(?=[^\s)]))
        | (?P<tilde>~(?=[^\s)]))
        | (?P<field>(?i:title|text|summary|author|url|feed|tag|site|lang):)
        | (?P<list>\$[^\W\d][\w-]*)
        | (?P<regex>/(?=\S)(?:[^/\\\n]|\\.)+(?<=\S)/(?=[\s),]|$))
        | (?P<word>{word})
        | (?P<comma>,)
        )""",
        re.VERBOSE,
    )


_TOKEN = _pattern(rf"[^\s(){_QUOTES}]+")
_LISTED = _pattern(rf"[^\s(){_QUOTES},]+")
"""Within `atleast( )` a comma parts its clauses; elsewhere it is punctuation."""
_NEAR = re.compile(r"(O?)NEAR/([0-9]{1,4})")
_FOREIGN_FIELD = re.compile(r"([^\W\d_]+):")
_ONE_LETTER = re.compile(r"(?<=\w)\?(?=\w)")
_ANY = "\ua7f7"
"""Stands for `?` while a word is cut: a letter of one Roman inscription, which nothing folds."""
_BORDER = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


_END = "end"
_VALUES = frozenset(
    {"open", "exact", "tilde", "word", "phrase", "field", "unclosed", "regex", "list"}
)
"""What may stand behind a field."""
_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR"})


def parse(query: str, *, stem: bool = False) -> Node:
    """Return the tree of a query; with `stem`, each of its plain words is read as if after `~`.

    Raises RuleError with the place of the fault. Linear in time and bounded in depth, whatever
    the query.
    """
    if len(query) > MAX_LENGTH:
        raise RuleError(
            f"the query is longer than {MAX_LENGTH:,} characters",
            query=query,
            position=MAX_LENGTH,
            hint="split it into several rules",
        )
    if stem and stems.missing():
        raise RuleError(
            "word forms need the extra `stemming`",
            query=query,
            position=0,
            hint="install it: pip install 'ingest[stemming]'; without, write attack*",
        )
    return _Parser(query, stem=stem).rule()


def read_entry(text: str) -> Term | None:
    """Return the term that an entry of a list stands for; None where it has no word.

    All of an entry is one phrase, in quotes or not; `=` before it and `*` at its end mean what
    they mean in a query.
    """
    text = text.strip()
    exact = text.startswith("=")
    text = text.removeprefix("=")
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1]
    text = text.strip()
    body = text.removesuffix("*")
    open_ = body != text and not body[-1:].isspace()
    words = _words(body.replace("*", " "), exact=exact, open_=open_)
    return _term(words, ("title", "text")) if words else None


def _tokens(query: str) -> Iterator[_Token]:
    listed: list[bool] = []
    place, end = 0, len(query.rstrip())
    while place < end:
        pattern = _LISTED if listed and listed[-1] else _TOKEN
        found = pattern.match(query, place)
        assert found is not None  # each character begins some token
        kind = str(found.lastgroup)
        text = found[kind]
        start, place = found.span(kind)
        if kind in {"open", "atleast"}:
            listed.append(kind == "atleast" or bool(listed and listed[-1]))
        elif kind == "close" and listed:
            listed.pop()
        elif kind == "word":
            kind = _operator(text)
        yield _Token(kind, text, start, place)
    yield _Token(_END, "", end, end)


def _operator(word: str) -> str:
    """Return what kind of token a bare word is: only upper case makes an operator."""
    if word in {"AND", "OR", "NOT"}:
        return word
    return "NEAR" if word.startswith(("NEAR/", "ONEAR/")) or word in {"NEAR", "ONEAR"} else "word"


class _Parser:
    """Recursive descent, one method for each line of the grammar."""

    def __init__(self, query: str, *, stem: bool) -> None:
        self.query, self.stem = query, stem
        self.tokens = list(_tokens(query))
        self.place = 0
        self.depth = 0
        self.scope = ""
        """The field whose value is being read; empty for headline and body."""

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def fail(self, message: str, token: _Token, hint: str = "", *, offset: int = 0) -> NoReturn:
        raise RuleError(message, query=self.query, position=token.start + offset, hint=hint)

    def accept(self, *kinds: str) -> _Token | None:
        """Take the next token if it is one of these."""
        token = self.token
        if token.kind not in kinds:
            return None
        self.place += 1
        return token

    def span_from(self, start: int) -> tuple[int, int]:
        """Return where a clause stands that began at `start` and has just been read."""
        return start, self.tokens[self.place - 1].end

    def rule(self) -> Node:
        if self.token.kind == _END:
            self.fail(
                "the query is empty", self.token, 'write a word, as in: missile "air defence"'
            )
        node = self.disjunction()
        if self.token.kind == "close":
            self.fail("this bracket closes nothing", self.token, "remove it, or open one before")
        if self.token.kind != _END:
            self.misplaced()
        return node

    def disjunction(self) -> Node:
        start = self.token.start
        parts = [self.conjunction()]
        while self.accept("OR"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(_flat(parts, Or)), *self.span_from(start))

    def conjunction(self) -> Node:
        start = self.token.start
        parts = [self.negation()]
        while self.accept("AND") or self.token.kind not in {"OR", "close", "comma", "NEAR", _END}:
            parts.append(self.negation())
        return (
            parts[0] if len(parts) == 1 else And(tuple(_flat(parts, And)), *self.span_from(start))
        )

    def negation(self) -> Node:
        start = self.token.start
        negated = False
        while self.accept("NOT", "minus"):
            negated = not negated
        node = self.nearness()
        return Not(node, *self.span_from(start)) if negated else node

    def nearness(self) -> Node:
        start = self.token.start
        first = self.item()
        if self.far_from():
            return self.apart(self.near_item(first, start), start)
        if self.token.kind != "NEAR":
            return first
        items, steps = [self.near_item(first, start)], []
        while operator := self.accept("NEAR"):
            steps.append(self.step(operator))
            item_start = self.token.start
            items.append(self.near_item(self.item(), item_start))
        if self.far_from():
            hint = "put one of them into a rule of its own, or join them with AND"
            self.fail("NEAR and NOT NEAR do not stand in one chain", self.token, hint)
        return Near(tuple(items), tuple(steps), *self.span_from(start))

    def far_from(self) -> bool:
        """Return whether NOT NEAR comes next."""
        return self.token.kind == "NOT" and self.tokens[self.place + 1].kind == "NEAR"

    def apart(self, item: tuple[Item, ...], start: int) -> Node:
        """Read what an item must not be near to."""
        others, steps = [], []
        while self.far_from():
            self.place += 2
            steps.append(self.step(self.tokens[self.place - 1]))
            other_start = self.token.start
            others.append(self.near_item(self.item(), other_start))
        if self.token.kind == "NEAR":
            hint = "put one of them into a rule of its own, or join them with AND"
            self.fail("NEAR and NOT NEAR do not stand in one chain", self.token, hint)
        return Apart(item, tuple(others), tuple(steps), *self.span_from(start))

    def step(self, operator: _Token) -> Step:
        found = _NEAR.fullmatch(operator.text)
        if found is None:
            hint = "write for example NEAR/5; the word itself goes in quotes"
            self.fail("NEAR needs a number of words, 0 to 9999", operator, hint)
        if self.scope in NAME_FIELDS:
            self.no_near(operator)
        return Step(int(found[2]), ordered=bool(found[1]))

    def no_near(self, token: _Token) -> NoReturn:
        hint = "`feed:` and the like compare whole names; combine them with AND and OR"
        self.fail("NEAR is about words of a text", token, hint)

    def near_item(self, node: Node, start: int) -> tuple[Item, ...]:
        """Return the terms of one side of a NEAR."""
        parts = node.parts if isinstance(node, Or) else (node,)
        terms = tuple(part for part in parts if isinstance(part, Term | Listed))
        token = _Token("", "", start, start)
        if any(isinstance(part, Name) for part in parts):
            self.no_near(token)
        if len(terms) < len(parts):
            hint = "write (a OR b) NEAR/5 c, or join several NEAR with AND"
            self.fail("each side of NEAR is a word, a phrase or an OR of them", token, hint)
        return terms

    def item(self) -> Node:
        token = self.token
        read = _READERS.get(token.kind)
        if read is None:
            self.misplaced()
        self.place += 1
        return read(self, token)

    def group(self, opening: _Token) -> Node:
        self.enter(opening)
        if self.token.kind == "close":
            self.fail("there is nothing between these brackets", opening, "remove them")
        if self.token.kind == _END:
            self.leave(opening)
        node = self.disjunction()
        self.leave(opening)
        return node

    def enter(self, opening: _Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            hint = "most brackets can go: AND binds tighter than OR"
            self.fail(f"more than {MAX_DEPTH} brackets within each other", opening, hint)

    def leave(self, opening: _Token) -> None:
        self.depth -= 1
        if self.token.kind == "comma":
            self.fail("a comma stands only between the clauses of atleast( )", self.token)
        if self.token.kind == "NEAR":
            self.misplaced()
        if not self.accept("close"):
            self.fail("this bracket is not closed", opening, "write ) at the end of the group")

    def at_least(self, opening: _Token) -> Node:
        self.enter(opening)
        number = self.accept("word")
        hint = "write for example atleast(2, drone, missile, rocket)"
        if number is None or not re.fullmatch("[1-9][0-9]{0,3}", number.text):
            self.fail("atleast begins with a number of clauses", self.tokens[self.place - 1], hint)
        parts = []
        while self.accept("comma"):
            parts.append(self.disjunction())
        self.leave(opening)
        if int(number.text) > len(parts):
            self.fail(f"atleast asks for {number.text} of {len(parts)} clauses", number, hint)
        return AtLeast(int(number.text), tuple(parts), *self.span_from(opening.start))

    def scoped(self, field: _Token) -> Node:
        """Read what stands behind `title:` and the like; the innermost field counts."""
        outer, self.scope = self.scope, field.text[:-1].lower()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} fields within each other", field)
        if self.token.kind not in _VALUES:
            hint = f"write for example {field.text}word; the word with its colon goes in quotes"
            self.fail(f"`{field.text}` needs a word, a phrase or a group", field, hint)
        node = self.item()
        self.depth -= 1
        self.scope = outer
        return node

    def plain(self, token: _Token) -> Node:
        return self.term(token, stem=self.stem)

    def exact(self, _sign: _Token) -> Node:
        token = self.token
        if not self.accept("word", "phrase", "regex"):
            hint = 'write =Word or ="Some Phrase"; a field goes before: title:=Word'
            self.fail("`=` stands before a word or a phrase", token, hint)
        if self.scope in NAME_FIELDS:
            self.fail("names are compared without letter case", token, "leave out the `=`")
        if token.kind == "regex":
            return self.pattern(token, exact=True)
        return self.term(token, exact=True)

    def stemmed(self, tilde: _Token) -> Node:
        token = self.token
        if not self.accept("word", "phrase"):
            hint = "write ~attack for attack, attacks, attacked; a field goes before: title:~attack"
            self.fail("`~` stands before a word or a phrase", tilde, hint)
        if self.scope in NAME_FIELDS:
            self.fail("names have no other forms", tilde, "leave out the `~`")
        if stems.missing():
            hint = "install it: pip install 'ingest[stemming]'; without, write attack*"
            self.fail("word forms need the extra `stemming`", tilde, hint)
        return self.term(token, stem=True, before=1)

    def text_fields(self) -> tuple[str, ...]:
        return (self.scope,) if self.scope else ("title", "text")

    def pattern(self, token: _Token, *, exact: bool = False) -> Node:
        if self.scope in NAME_FIELDS:
            self.fail(
                f"`{self.scope}:` compares whole names", token, "write a name, or a beginning*"
            )
        pattern = token.text[1:-1].replace(r"\/", "/")
        try:
            regex.compiled(pattern, exact=exact)
        except regex.BadPattern as error:
            self.fail(str(error), token)
        return Regex(pattern, self.text_fields(), exact, token.start - exact, token.end)

    def listed(self, token: _Token) -> Node:
        if self.scope in NAME_FIELDS:
            self.fail("a list is about words of a text", token, "write the names out, with OR")
        return Listed(token.text[1:], self.text_fields(), token.start, token.end)

    def term(
        self, token: _Token, *, exact: bool = False, stem: bool = False, before: int = 0
    ) -> Node:
        quoted = token.kind == "phrase"
        text = token.text[1:-1] if quoted else token.text
        body = self.opened(text, token, offset=int(quoted))
        start = token.start - exact - before
        if self.scope in NAME_FIELDS:
            value = fold_name(body)
            if not value:
                self.fail(f"`{self.scope}:` needs a name", token, "write for example feed:reuters")
            return Name(self.scope, value, len(body) < len(text), start, token.end)
        if not quoted and (foreign := _FOREIGN_FIELD.match(text)) and foreign.end() < len(text):
            self.foreign_field(foreign[1], token)
        words = _words(body, exact=exact, open_=len(body) < len(text.rstrip()), stem=stem)
        if not words:
            self.no_word(token)
        return _term(words, self.text_fields(), start, token.end)

    def foreign_field(self, name: str, token: _Token) -> NoReturn:
        hint = f"fields are {_FIELDS}; put it in quotes to look for the text"
        self.fail(f"there is no field `{name}:`", token, hint)

    def no_word(self, token: _Token) -> NoReturn:
        message = "this phrase is empty" if token.kind == "phrase" else "there is no word here"
        hint = "a word has letters, digits or emoji"
        if token.text in {"-", "–", "—"}:
            hint = "to exclude a word write the minus right before it: -football"
        self.fail(message, token, hint)

    def opened(self, text: str, token: _Token, *, offset: int) -> str:
        """Return a term without its final `*`; refuse one that stands anywhere else."""
        text = text.rstrip()
        star = text.find("*")
        if star < 0:
            return text
        body = text[:-1]
        if not text.strip("* "):
            self.fail("a wildcard needs the beginning of a word", token, "write for example drone*")
        if star < len(body) or body[-1].isspace():
            hint = 'write drone* or "drone strike*"; `*` stands for any ending of the last word'
            self.fail("a wildcard stands only at the end", token, hint, offset=offset + star)
        return body

    def misplaced(self) -> NoReturn:
        """Complain about a token that cannot stand here."""
        token, before = self.token, self.tokens[self.place - 1] if self.place else None
        if token.kind == "unclosed":
            self.fail("this quote is not closed", token, "write a second one after the phrase")
        if before is not None and before.kind in _OPERATORS | {"minus"}:
            hint = "operators are upper case; as a word it goes in quotes or in lower case"
            self.fail(f"`{before.text}` has nothing on its right", before, hint)
        if before is not None and before.kind in {"comma", "atleast"}:
            self.fail("a clause is missing here", token, "write a word or a group")
        if token.kind in _OPERATORS:
            hint = "operators are upper case; as a word it goes in quotes or in lower case"
            if token.kind == "NEAR":
                hint = "write it between two words, phrases or groups of them joined by OR"
            self.fail(f"`{token.text}` has nothing on its left", token, hint)
        self.fail("a word, a phrase or a group is expected here", token)


_READERS: dict[str, Callable[[_Parser, _Token], Node]] = {
    "open": _Parser.group,
    "atleast": _Parser.at_least,
    "field": _Parser.scoped,
    "exact": _Parser.exact,
    "tilde": _Parser.stemmed,
    "word": _Parser.plain,
    "phrase": _Parser.plain,
    "regex": _Parser.pattern,
    "list": _Parser.listed,
}
"""What an item is, by its first token. Not in the parser: one that knew its own methods would be
garbage that only a collection finds, and who reads 100,000 rules has switched that off."""


def _flat(parts: list[Node], kind: type[And] | type[Or]) -> Iterator[Node]:
    """Yield parts, with those of a nested group of the same kind instead of the group."""
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part


def _term(words: list[Word], fields: tuple[str, ...], start: int = 0, end: int = 0) -> Term:
    certain = [word.pieces[0] for word in words if len(word.pieces) == 1]
    key = max(certain, key=len, default="") if fields == ("title", "text") else ""
    return Term(tuple(words), fields, key, start, end)


def _words(body: str, *, exact: bool, open_: bool, stem: bool = False) -> list[Word]:
    """Return the words of a term; all of it is one phrase, whatever punctuation it holds."""
    words: list[Word] = []
    for chunk in (_ONE_LETTER.sub(_ANY, body) if "?" in body else body).split():
        words += _words_of(chunk, exact, stem)
    if words and open_:
        *others, last = words[-1].pieces
        last = fold(last[1:]) if last[0] == "~" else last
        words[-1] = Word((*others, last + "*"), words[-1].plain)
    if _ANY in body or "?" in body:
        words = [
            Word(
                tuple(piece.replace(_ANY, "?") for piece in word.pieces),
                word.plain.replace(_ANY, "?"),
            )
            for word in words
        ]
    return words


@lru_cache(maxsize=10_000)
def _words_of(chunk: str, exact: bool, stem: bool) -> tuple[Word, ...]:
    """Return the words of a chunk; rules say the same ones again and again."""
    return tuple(_chunk_words(cut(chunk), exact=exact, stem=stem))


def _chunk_words(found: Cut, *, exact: bool, stem: bool) -> Iterator[Word]:
    """Yield the words of a chunk, hyphenated ones as one word of several pieces."""
    linked = {joined.first for joined in found.joined if joined.width == 2}
    dotted = {joined.first: joined.key for joined in found.joined if joined.width == 1}
    first = 0
    for last, word in enumerate(found.words):
        if last in linked:
            continue
        group = found.words[first : last + 1]
        first = last + 1
        if len(group) == 1 and last in dotted:
            yield Word((dotted[last],), word.plain if exact else "")
            continue
        pieces = [piece for word in group for piece in _BORDER.split(word.key)]
        if len(pieces) > MAX_PIECES:
            pieces = [word.key for word in group]
        plains = [word.plain if exact else "" for word in group]
        if len(pieces) > MAX_PIECES:
            yield from (Word((word.key,), plain) for word, plain in zip(group, plains, strict=True))
        else:
            if stem and pieces == [word.key] and _has_forms(word.key):
                pieces = ["~" + word.plain.lower()]
            yield Word(tuple(pieces), "".join(plains))


def _has_forms(key: str) -> bool:
    return len(key) > 1 and key.isalpha() and _ANY not in key
