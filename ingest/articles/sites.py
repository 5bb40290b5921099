"""Site rules: a YAML file that says how to read the pages of one site.

Reading the files is the configuration's work, applying a rule that of `by_rule`; here is what a
rule is and which one fits a page.
"""

import difflib
from collections.abc import Iterable
from urllib.parse import urlsplit

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator

from ingest.errors import ConfigError
from ingest.units import Section

CHECKED = {"checked": True}
"""The context in which a rule is validated whose selectors are known to be good."""


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
    def _selectors(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for selector in value:
            _check(selector, info)
        return value

    @field_validator("title", "authors", "date", "next_page")
    @classmethod
    def _selector(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            _check(value, info)
        return value


def _check(selector: str, info: ValidationInfo) -> None:
    """Have a selector read by the library that will look for it: BeautifulSoup's, or lexbor."""
    if (info.context or {}).get("checked"):
        return
    # Here, as most installations have no rules but those that came with the program.
    import soupsieve  # noqa: PLC0415
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError  # noqa: PLC0415

    try:
        if info.field_name == "remove":
            soupsieve.compile(selector)
        else:
            LexborHTMLParser("").css_first(selector)
    except (
        soupsieve.SelectorSyntaxError,
        NotImplementedError,  # soupsieve's of pseudo-elements
        SelectolaxError,
        UnicodeEncodeError,
    ) as e:
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


def parse_rule(text: str, file: str, *, shipped: bool = False) -> SiteRule:
    """Return the site rule a YAML text holds; raises ConfigError with the line of the fault.

    The selectors of a `shipped` rule are known to be good, and not checked at each start.
    """
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
        return SiteRule.model_validate(values, context=CHECKED if shipped else None)
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
