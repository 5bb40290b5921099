"""What feedparser's own test files expect, asked of `ingest parse`.

Run with `python -m benchmarks.feedparser_suite FOLDER [--show]`; FOLDER is an unpacked source release
of feedparser (`pip download --no-binary :all: --no-deps feedparser`), of which nothing is kept here.
Each file says in a comment what must hold of it, as a Python expression over feedparser's names. Here
those names are filled from what `ingest parse` prints, so that an expression holds, or does not, or
asks for something that the output has no place for (an image's width, a detail's language).
Texts count as equal when a reader sees the same words: feedparser gives titles as HTML, we as text,
and its sanitiser keeps other tags than ours.
"""

import argparse
import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser

from ingest.errors import ParseError
from ingest.feeds import encoding, markup, parse

EXPECT = re.compile(r"^Expect:\s*(.+?)\s*$", re.MULTILINE)
HEADER = re.compile(rb"^Header:\s+([^:\s]+):\s*(.+?)\s*$", re.MULTILINE)
NO_PLACE = (KeyError, NameError, AttributeError)
ADDRESS = re.compile(r" \(\S+@\S+\)$")
"""An author's mail address, which feedparser puts behind the name."""
UNSAID = {"bozo", "encoding", "namespaces", "bozo_exception", "status", "href", "headers", "etag"}
"""What is said of the exchange and not of the feed; a broken feed is told by `warnings`."""

ON_PURPOSE = {
    "_crazy": "HTML is read as browsers read it: no text of scripts and comments",
    "malicious_comment": "the same: an open comment runs on",
    "not_a_doctype": "the same: `<!'` opens a comment",
    "unexpected_character": "the same",
    "nested_cdata": "the same",
    "linenoise": "UTF-8 with a stray byte is still UTF-8",
    "entry_id_base": "an id is compared, never followed: it stays as written",
}
"""Parts of file names, and why their expectations are not met."""


class Said(dict[str, Any]):
    """What we say, under feedparser's names; names can be asked for as attributes, as there."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, also where the name stands for nothing: that there is no place for it shows."""
        return self[name]


class Names(list[Said]):
    """Authors by name; one who gives only an address on the web has no place."""

    def __getitem__(self, at: Any) -> Any:
        return super().__getitem__(at) if at < len(self) else Said()


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation."""

    folder: str
    file: Path
    wanted: str
    verdict: str
    detail: str = ""


def main() -> None:
    """Run the comparison."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--show", action="store_true", help="print each expectation that fails")
    chosen = options.parse_args()
    files = sorted((chosen.folder / "tests").rglob("*.xml"))
    if not files:
        sys.exit(f"no tests/**/*.xml under {chosen.folder}")
    verdicts = [verdict for file in files for verdict in judged(file, chosen.folder / "tests")]
    report(verdicts)
    if chosen.show:
        for verdict in verdicts:
            if verdict.verdict == "fails":
                print(f"{verdict.file}\n  wanted {verdict.wanted[:300]}\n  {verdict.detail[:300]}")


def judged(file: Path, root: Path) -> Iterator[Verdict]:
    """Yield a verdict for each expectation that feedparser itself meets in this file."""
    body = file.read_bytes()
    headers = {name.decode().lower(): value.decode() for name, value in HEADER.findall(body)}
    text, _ = encoding.decode(body, headers.get("content-type"))
    found = EXPECT.search(text)
    if found is None:
        return
    folder = "/".join(file.relative_to(root).parts[:2][: len(file.relative_to(root).parts) - 1])
    try:
        wanted = ast.parse(found[1].replace("\\", "\\"), mode="eval").body
    except SyntaxError:
        return
    theirs = feedparser.parse(body, response_headers=headers)
    ours = said(body, headers)
    for part in wanted.values if isinstance(wanted, ast.BoolOp) else [wanted]:
        names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
        if names & UNSAID or not holds(part, theirs)[0]:
            continue
        good, detail = holds(part, ours)
        verdict = "no place" if good is None else ("holds" if good else "fails")
        if verdict == "fails" and any(name in file.name for name in ON_PURPOSE):
            verdict = "on purpose"
        yield Verdict(folder, file, ast.unparse(part), verdict, detail)


def said(body: bytes, headers: Mapping[str, str]) -> Said:
    """Return what `ingest parse` prints, under feedparser's names."""
    try:
        parsed = parse.parse(
            body,
            url=headers.get("content-location", ""),
            content_type=headers.get("content-type"),
            language=headers.get("content-language"),
        )
    except ParseError:
        return Said(entries=[], feed=Said(), version="")
    given = parse.to_json(parsed)
    return Said(
        feed=named(given["feed"]),
        entries=[named(entry) for entry in given["entries"]],  # type: ignore[attr-defined]
        version=parsed.format,
    )


def named(given: Any) -> Said:
    """Return a feed or an entry of ours under feedparser's names."""
    now = Said(title=given["title"], link=given["link"] or "")
    now["title_detail"] = Said(value=given["title"])
    summary = given.get("description", given.get("summary"))
    for name in ("description", "summary", "subtitle", "tagline"):
        now[name] = summary
        now[f"{name}_detail"] = Said(value=summary)
    for name in ("updated", "published"):
        if given.get(name):
            now[f"{name}_parsed"] = datetime.fromisoformat(given[name]).timetuple()[:6]
    if "language" in given:
        now["language"] = given["language"]
    if "content" in given:
        now["content"] = [Said(value=given["content"] or summary)]
        now["id"] = now["guid"] = given["id"]
        now["tags"] = [Said(term=tag) for tag in given["tags"]]
        now["category"] = given["tags"][0] if given["tags"] else None
        now["authors"] = Names(Said(name=name) for name in given["authors"])
        now["author"] = ", ".join(given["authors"])
        now["author_detail"] = Said(name=now["author"])
        now["enclosures"] = [attached(each) for each in given["enclosures"]]
    return now


def attached(given: Mapping[str, Any]) -> Said:
    """Return an enclosure with what was written, in texts."""
    here = {"href": given["url"], "type": given["type"], "length": given["length"]}
    return Said({name: str(value) for name, value in here.items() if value is not None})


def holds(part: ast.expr, names: Mapping[str, Any]) -> tuple[bool | None, str]:
    """Return whether an expectation holds, None where the names don't go that far, and what is there."""
    try:
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq):
            there, wanted = (value(each, names) for each in (part.left, part.comparators[0]))
            return same(there, wanted), repr(there)
        return bool(value(part, names)), ""
    except NO_PLACE:
        return None, ""
    except (IndexError, TypeError) as error:
        return False, str(error)


def value(part: ast.expr, names: Mapping[str, Any]) -> Any:
    return eval(compile(ast.Expression(part), "Expect", "eval"), {**names})


def same(there: object, wanted: object) -> bool:
    """Return whether two values say the same to a reader; plain text is escaped in ours."""
    if there == wanted:
        return True
    if isinstance(there, str) and isinstance(wanted, str):
        wanted = ADDRESS.sub("", wanted)
        return words(there) in {words(wanted), "".join(wanted.split())} or markup.plain(
            wanted
        ) == markup.line(there)
    if isinstance(there, tuple) and isinstance(wanted, tuple):
        return there[:6] == wanted[:6]
    return False


def words(text: str) -> str:
    """Return the text of HTML, white space left out: block tags are spaces here and none there."""
    return "".join(markup.plain(markup.sanitised(text, "https://example.org/")).split())


def report(verdicts: list[Verdict]) -> None:
    """Print the table by folder, and the total without what has no place."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        table[verdict.folder][verdict.verdict] += 1
    columns = ("holds", "fails", "on purpose", "no place")
    total = sum(table.values(), Counter[str]())
    print(f"{'folder':<24}" + "".join(f"{name:>12}" for name in columns))
    for folder, counts in [*table.items(), ("all", total)]:
        print(f"{folder:<24}" + "".join(f"{counts[name]:>12}" for name in columns))
    asked = total["holds"] + total["fails"] + total["on purpose"]
    print(f"{total['holds'] / max(asked, 1):.2%} of what the output has a place for holds")
    unsaid = Counter(
        re.sub(r"\[\d+\]", "", each.wanted.split(" == ")[0])
        for each in verdicts
        if each.verdict == "no place"
    )
    print("no place:", ", ".join(f"{name} {count}" for name, count in unsaid.most_common(12)))


if __name__ == "__main__":
    main()
