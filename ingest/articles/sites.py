"""Site rules: a YAML file that says how to read the pages of one site.

Reading the files is the configuration's work; here is what a rule is and which one fits a page.
"""

import difflib
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

import soupsieve
import yaml
from pydantic import Field, ValidationError, field_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.articles import authors, dates
from ingest.articles.container import CORE_MARK
from ingest.articles.metadata import Metadata
from ingest.articles.words import plain, squeeze
from ingest.errors import ConfigError
from ingest.units import Section
from ingest.urls import join


class SiteRule(Section):
    """How to read the pages of one site; what it leaves out is decided as on any other site."""

    hosts: tuple[str, ...] = Field(
        min_length=1,
        description="Host names this rule is for; a name stands for its subdomains too.",
    )
    body: tuple[str, ...] = Field(
        (), description="CSS selectors of the article's text; the first that finds text counts."
    )
    title: str | None = Field(None, description="CSS selector of the headline.")
    authors: str | None = Field(None, description="CSS selector of the authors' names, one each.")
    date: str | None = Field(
        None, description="CSS selector of the date: `datetime`, `content` or text."
    )
    remove: tuple[str, ...] = Field((), description="CSS selectors of what is no article text.")
    next_page: str | None = Field(
        None, description="CSS selector of the link to the article's next page."
    )

    @field_validator("hosts", "body", "remove", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if "/" in host or ":" in host or not host.strip(". "):
                raise ValueError(f"`{host}` is not a host name; write for example example.org")
        return tuple(host.strip(". ").lower() for host in value)

    @field_validator("body", "remove")
    @classmethod
    def _selectors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for selector in value:
            _check(selector)
        return value

    @field_validator("title", "authors", "date", "next_page")
    @classmethod
    def _selector(cls, value: str | None) -> str | None:
        if value is not None:
            _check(value)
        return value


def find(tree: LexborHTMLParser, rule: SiteRule) -> LexborNode | None:
    """Return the element the rule's `body` names first; None where it fits nothing with text."""
    for selector in rule.body:
        for node in tree.css(selector):
            if (node.text() or "").strip():
                node.attrs[CORE_MARK] = "1"
                return node
    return None


def metadata(tree: LexborHTMLParser, rule: SiteRule, said: Metadata) -> Metadata:
    """Return what the page says of its article, corrected by what the rule's selectors find."""
    title = _texts(tree, rule.title)[:1]
    names = authors.names(_texts(tree, rule.authors))
    day = next((day for text in _texts(tree, rule.date) if (day := dates.read(text))), None)
    return replace(
        said,
        title=title[0] if title else said.title,
        titles=said.titles | {plain(text) for text in title},
        authors=names or said.authors,
        published=day or said.published,
    )


def next_page(tree: LexborHTMLParser, rule: SiteRule, url: str) -> str | None:
    """Return the address of the article's next page, where the rule finds its link."""
    node = tree.css_first(rule.next_page) if rule.next_page else None
    href = node.attributes.get("href") if node is not None else None
    return join(url, href) if href else None


def _texts(tree: LexborHTMLParser, selector: str | None) -> list[str]:
    if not selector:
        return []
    found = []
    for node in tree.css(selector)[:20]:
        given = node.attributes
        value = given.get("datetime") or given.get("content") or node.text(separator=" ")
        found.append(squeeze(value or ""))
    return [text for text in found if text]


def _check(selector: str) -> None:
    try:
        soupsieve.compile(selector)
    except soupsieve.SelectorSyntaxError as e:
        raise ValueError(f"`{selector}` is not a CSS selector") from e


class SiteRules:
    """The rules of all sites; of two for one host the later wins."""

    def __init__(self, rules: Iterable[SiteRule] = ()) -> None:
        self._by_host = {host: rule for rule in rules for host in rule.hosts}

    def for_url(self, url: str) -> SiteRule | None:
        """Return the rule for a page: of its host, else of the nearest domain above it."""
        try:
            host = (urlsplit(url).hostname or "").rstrip(".")
        except ValueError:
            return None
        while host:
            if host in self._by_host:
                return self._by_host[host]
            host = host.partition(".")[2]
        return None


def parse_rule(text: str, file: str) -> SiteRule:
    """Return the site rule a YAML text holds; raises ConfigError with the line of the fault."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = getattr(e, "problem", None) or "cannot be read"
        raise ConfigError(f"not valid YAML: {problem}", file=file, line=line, column=column) from e
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(
            "a site rule is a mapping that begins with `hosts:`", file=file, line=1, column=1
        )
    places = _places(node, file)
    values = yaml.load(text, Loader=yaml.CSafeLoader)
    try:
        return SiteRule.model_validate(values)
    except ValidationError as e:
        raise _fault(e, places, file) from e


def _places(node: yaml.MappingNode, file: str) -> dict[str, yaml.Mark]:
    places: dict[str, yaml.Mark] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError("a site rule is a mapping of plain keys", file=file, line=1, column=1)
        if key.value in places:
            mark = key.start_mark
            raise ConfigError(
                f"`{key.value}` is given twice",
                file=file,
                line=mark.line + 1,
                column=mark.column + 1,
            )
        places[str(key.value)] = key.start_mark
    return places


def _fault(error: ValidationError, places: dict[str, yaml.Mark], file: str) -> ConfigError:
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0]) if first["loc"] else ""
    mark = places.get(key)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, SiteRule.model_fields, 1)
        hint = f"did you mean `{close[0]}`?" if close else ""
        return ConfigError(f"unknown key `{key}`", file=file, line=line, column=column, hint=hint)
    if first["type"] == "missing":
        return ConfigError(f"`{key}` is missing", file=file, line=line, column=column)
    message = str(first["msg"]).removeprefix("Value error, ")
    return ConfigError(f"`{key}`: {message}", file=file, line=line, column=column)
