"""`match`: a filter that tells for each article which rules are true of it."""

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.filters import answer_lines, text_of
from ingest.cli.output import dumps
from ingest.errors import ConfigError
from ingest.model import Document, Rule

if TYPE_CHECKING:
    from ingest.rules.percolate import RuleSet

Fault = tuple[str | None, str]
"""The name of a rule that cannot be used, if it has one, and why."""

_NEW_OBJECTS = 50_000
"""Looked through for garbage at a time: what is learnt of words stays, and articles leave none."""


@click.command()
@click.option(
    "--rules",
    "path",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Rules: JSON lines {id, query} in a .jsonl file, or YAML with `rules:`.",
)
@click.option("--spans", is_flag=True, help="Also the passages that made each rule true.")
def match(path: Path, spans: bool) -> None:
    """Read articles {id, title, text, feed, tags} from standard input, one JSON object per line.

    Prints {id, rules} for each before the next is read. Rules that cannot be read come first.
    """
    from ingest.rules.percolate import RuleSet

    faults: list[Fault] = []
    gc.disable()  # looking through the rules for garbage takes longer than reading or asking them
    rules = RuleSet(_rules(path, faults))
    faults += [(rule.name, str(error)) for rule, error in rules.errors]
    for name, reason in faults:
        click.echo(dumps({"rule": name, "error": reason}))
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()

    def answer(asked: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"id": asked.get("id"), **_matched(rules, _document(asked), spans=spans)}]

    answer_lines(answer)


def _matched(rules: "RuleSet", document: Document, *, spans: bool) -> dict[str, Any]:
    if not spans:
        return {"rules": rules.names(document)}
    matches = rules.match(document)
    return {
        "rules": [match.rule for match in matches],
        "spans": {
            match.rule: [[span.field, span.start, span.end] for span in match.spans]
            for match in matches
        },
    }


def _document(asked: dict[str, Any]) -> Document:
    """Return the article of a line; what is missing or null is empty, what is no text is refused."""
    title, text, feed, summary, language, url = (
        text_of(asked, key) if asked.get(key) is not None else ""
        for key in ("title", "text", "feed", "summary", "language", "url")
    )
    tags, authors = _texts(asked, "tags"), _texts(asked, "authors")
    return Document(title, text, feed, tags, summary, authors, language, url)


def _texts(asked: dict[str, Any], key: str) -> tuple[str, ...]:
    texts = asked.get(key) or []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"`{key}` is not a list of texts")
    return tuple(texts)


def read_rules(path: Path) -> list[Rule]:
    """Return the rules of a file; raises ConfigError for any that is none."""
    faults: list[Fault] = []
    rules = list(_rules(path, faults))
    for name, reason in faults:
        raise ConfigError(f"rule `{name}`: {reason}", file=str(path))
    return rules


def _rules(path: Path, faults: list[Fault]) -> Iterator[Rule]:
    """Yield the rules of a file; those that are no rules at all are added to `faults`."""
    return _from_lines(path, faults) if path.suffix == ".jsonl" else _from_yaml(path, faults)


def _from_lines(path: Path, faults: list[Fault]) -> Iterator[Rule]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict) or "id" not in row:
                faults.append((None, f"line {number} of {path} is no JSON object with an id"))
            elif not isinstance(row.get("query"), str):
                faults.append((str(row["id"]), "the rule has no query"))
            else:
                yield Rule(str(row["id"]), row["query"])


def _from_yaml(path: Path, faults: list[Fault]) -> Iterator[Rule]:
    import yaml
    from pydantic import ValidationError

    from ingest.rules.settings import RuleConfig

    try:  # the base loader leaves scalars as text, so that `on:` is a key and not a truth
        content = yaml.load(path.read_bytes(), yaml.CBaseLoader)  # noqa: S506 - makes no objects
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        reason = getattr(error, "problem", None) or "not readable as YAML"
        raise ConfigError(reason, file=str(path), line=line, column=column) from error
    rows = content.get("rules") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise ConfigError("there is no list `rules:`", file=str(path))
    lists = _lists(content.get("lists") or {}, path)
    for row in rows:
        try:
            rule = RuleConfig.model_validate(row)
        except ValidationError as error:
            name = row.get("name") if isinstance(row, dict) else None
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            faults.append((name, f"{key}: {first['msg']}" if key else first["msg"]))
        else:
            yield Rule(
                rule.name,
                rule.query,
                tags=rule.tags,
                feeds=rule.feeds,
                stem=rule.stem,
                lists=lists,
            )


def _lists(content: object, path: Path) -> dict[str, tuple[str, ...]]:
    """Return the lists of a file of rules, read as the configuration reads them."""
    from pydantic import TypeAdapter, ValidationError

    from ingest.config import lists
    from ingest.config.nodes import Node, Place
    from ingest.rules.settings import ListFile

    kind = TypeAdapter(dict[str, tuple[str, ...] | ListFile])
    try:
        wanted = kind.validate_python(content, context={"folder": path.parent})
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"][:1]))
        reason = f"the list `{key}` is neither entries nor a file"
        raise ConfigError(reason, file=str(path)) from error
    entries, faults = lists.read(wanted, Node(None, Place(str(path), 0, 0)))
    if faults:
        raise faults[0]
    return entries
