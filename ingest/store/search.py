"""The text index: which articles have certain words at all; whether a rule is true is not its business.

One interface over FTS5 (SQLite) and tsvector (PostgreSQL). Written in an article's own transaction,
on SQLite at its end: FTS5 gathers words in memory, but lets each savepoint put them down as an index
of its own, to be merged later.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    column,
    literal_column,
    select,
    table,
    text,
)

from ingest.model import AllOf, AnyOf, Wanted
from ingest.store.engine import among, as_one
from ingest.store.tables import articles, clean, texts
from ingest.store.writer import at_end
from ingest.text import LONGEST_KEY, PAIRS, TITLE, searchable

_MOST_BYTES = 500_000
"""Bytes of one article's words: PostgreSQL refuses a tsvector of more than a megabyte."""
_ANY = "~"
"""The one word of an article that has more: it is looked at whatever is asked. No other has it."""
_FEW = 2_000
"""Articles up to which PostgreSQL sorts what its index gives; for more it goes from the newest on."""
_LATE = timedelta(days=1)
"""Articles get their numbers in the order of their times but for this much."""

_WORDS = table("article_words", column("article_id"), column("words"), column("rowid"))
_FTS_ADD = text("INSERT INTO article_words (rowid, words) VALUES (:article, :words)")
_FTS_DROP = text(
    "INSERT INTO article_words (article_words, rowid, words) VALUES ('delete', :article, :words)"
)
_TSVECTOR_SET = text(
    "INSERT INTO article_words (article_id, words) VALUES (:article, array_to_tsvector(:words)) "
    "ON CONFLICT (article_id) DO UPDATE SET words = excluded.words"
)


def add(connection: Connection, article_id: int, title: str, summary: str, body: str) -> None:
    """Index an article; on SQLite what was indexed of it before must have been dropped."""
    words = _words(title, summary, body)
    if connection.dialect.name == "sqlite":
        at_end(connection, _add, {"article": article_id, "words": " ".join(words)})
    else:
        connection.execute(_TSVECTOR_SET, {"article": article_id, "words": words})


def drop(connection: Connection, article_id: int, title: str, summary: str, body: str) -> None:
    """Take an article out of the index; needs the texts as they were when it was added."""
    if connection.dialect.name == "sqlite":
        words = " ".join(_words(title, summary, body))
        at_end(connection, _drop, {"article": article_id, "words": words})


def _add(connection: Connection, rows: Sequence[Any]) -> None:
    connection.execute(_FTS_ADD, rows)


def _drop(connection: Connection, rows: Sequence[Any]) -> None:
    connection.execute(_FTS_DROP, rows)


def forget(connection: Connection, article_ids: Sequence[int]) -> None:
    """Take articles out of the index that are about to be deleted."""
    if connection.dialect.name != "sqlite":
        return  # they go by foreign key
    of = articles.c
    query = select(of.id, of.title, of.summary, texts.c.body).join(texts, texts.c.id == of.text_id)
    for row in connection.execute(query.where(of.id.in_(article_ids))).all():
        drop(connection, row.id, row.title, row.summary, row.body)


def narrowed(
    connection: Connection,
    query: Select[Any],
    wanted: Wanted,
    since: datetime | None,
    until: datetime | None,
) -> Select[Any]:
    """Return a query over articles narrowed to those that have the words asked for, newest first.

    On SQLite the newest are those with the highest numbers, which is how FTS5 walks its index.
    """
    if connection.dialect.name != "sqlite":
        return _narrowed_on_postgres(connection, query, wanted, since, until)
    query = _fitting(connection, query, wanted)
    at = articles.c.first_seen_at
    if since is not None:
        before = select(articles.c.id).where(at < since - _LATE).order_by(at.desc()).limit(1)
        query = _bounded(connection, query, before, ">")
    if until is not None:
        after = select(articles.c.id).where(at >= until + _LATE).order_by(at).limit(1)
        query = _bounded(connection, query, after, "<")
    return query.order_by(_WORDS.c.rowid.desc())


def _narrowed_on_postgres(
    connection: Connection,
    query: Select[Any],
    wanted: Wanted,
    since: datetime | None,
    until: datetime | None,
) -> Select[Any]:
    """Return the same query for PostgreSQL, by numbers where few articles have the words.

    Its planner cannot tell: it walks through all articles from the newest for a word that ten
    have, or sorts a third of them for one page.
    """
    of, at = articles.c, articles.c.first_seen_at
    probe = select(_WORDS.c.article_id).where(_asked_on_postgres(wanted)).limit(_FEW + 1)
    if since or until:
        probe = probe.join(articles, of.id == _WORDS.c.article_id)
        probe = probe.where(at >= since) if since else probe
        probe = probe.where(at < until) if until else probe
    some = connection.scalars(probe).all()
    if len(some) <= _FEW:
        dialect = connection.dialect.name
        query = query.where(among(dialect, of.id, "few")).params(few=as_one(dialect, some))
    else:
        query = _fitting(connection, query, wanted)
    return query.order_by(at.desc(), of.id.desc())


def having(connection: Connection, wanted: Wanted, article_ids: Sequence[int]) -> set[int]:
    """Return which of some articles have the words asked for, and maybe a few others."""
    if wanted == AnyOf(()):
        return set()
    query = select(articles.c.id).where(articles.c.id.in_(article_ids))
    if connection.dialect.name == "sqlite":  # FTS5 walks from one number to the other
        number: ColumnElement[int] = literal_column("article_words.rowid")
        query = query.where(number.between(min(article_ids), max(article_ids)))
    return set(connection.scalars(_fitting(connection, query, wanted)))


def _fitting(connection: Connection, query: Select[Any], wanted: Wanted) -> Select[Any]:
    fits: ColumnElement[bool] | TextClause
    if connection.dialect.name == "sqlite":
        asked = f'({_fts(wanted)}) OR "{_ANY}"'
        fits = text("article_words MATCH :words_asked").bindparams(words_asked=asked)
        return query.join(_WORDS, _WORDS.c.rowid == articles.c.id).where(fits)
    fits = _asked_on_postgres(wanted)
    return query.join(_WORDS, _WORDS.c.article_id == articles.c.id).where(fits)


def _asked_on_postgres(wanted: Wanted) -> ColumnElement[bool]:
    asked = f"({_tsquery(wanted)}) | '{_ANY}'"
    return literal_column("article_words.words").op("@@")(
        text("CAST(:words_asked AS tsquery)").bindparams(words_asked=asked)
    )


def _bounded(
    connection: Connection, query: Select[Any], number: Select[Any], sign: str
) -> Select[Any]:
    """Return a query over numbers on one side of one, so that FTS5 need not walk the others."""
    bound = connection.scalar(number)
    if bound is None:
        return query
    side: ColumnElement[bool] = _WORDS.c.rowid.op(sign)(bound)
    return query.where(side)


def _words(*given: str) -> list[str]:
    """Return the words of an article, those of its title a second time with a sign before them."""
    title, summary, body = map(clean, given)
    words = searchable(body) if _begins_with(body, summary) else searchable(summary, body)
    named = searchable(title)
    words |= named | {f"{TITLE}{key}"[:LONGEST_KEY] for key in named if key < PAIRS}
    return list(words) if len(" ".join(words).encode()) <= _MOST_BYTES else [_ANY]


def _begins_with(body: str, summary: str) -> bool:
    """Return whether a summary is only the beginning of the body, as a teaser's is."""
    said = summary.split()
    return said == body.split(maxsplit=len(said))[: len(said)]


def _fts(wanted: Wanted) -> str:
    """Return a query in FTS5's language; a word that is no word of ours cannot be in it."""
    match wanted:
        case AllOf(parts):
            return f"({' AND '.join(map(_fts, parts))})"
        case AnyOf(parts):
            return f"({' OR '.join(map(_fts, parts))})"
        case str():
            key, star = _lexeme(wanted)
            return f'"{key}"{star}'


def _tsquery(wanted: Wanted) -> str:
    match wanted:
        case AllOf(parts):
            return f"({' & '.join(map(_tsquery, parts))})"
        case AnyOf(parts):
            return f"({' | '.join(map(_tsquery, parts))})"
        case str():
            key, star = _lexeme(wanted)
            quoted = key.replace("'", "''")
            return f"'{quoted}'{':*' if star else ''}"


def _lexeme(word: str) -> tuple[str, str]:
    """Return a word as it stands in the index, and `*` where its beginning is asked for."""
    key = word.removesuffix("*")
    star = "*" if word.endswith("*") and len(key) < LONGEST_KEY else ""
    return key[:LONGEST_KEY], star
