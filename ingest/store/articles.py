"""Articles in the database: each text once, what it was before, and the page it was taken from."""

import re
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from hashlib import blake2b
from typing import Any

from backports import zstd
from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from ingest.model import Article, Change, Entry, Extraction, PageRead, RawPage, Replaced
from ingest.store import revisions, search
from ingest.store.engine import insert_new
from ingest.store.entries import index_key
from ingest.store.tables import articles, clean, feeds, pages, stories, texts

_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
"""A run of letters and digits, or one character of a script that puts no spaces between words."""

ARTICLE = (
    select(articles, texts.c.body, feeds.c.name.label("feed"))
    .join(texts, texts.c.id == articles.c.text_id)
    .join(feeds, feeds.c.id == articles.c.feed_id)
)


def to_article(row: Row[Any]) -> Article:
    """Return a row of `ARTICLE` as a record."""
    return Article(
        id=row.id,
        key=row.key,
        feed=row.feed,
        feed_id=row.feed_id,
        url=row.url,
        canonical_url=row.canonical_url,
        title=row.title,
        summary=row.summary,
        authors=tuple(row.authors),
        published_at=row.published_at,
        language=row.language,
        body=row.body,
        words=row.words,
        story_id=row.story_id or 0,
        method=row.method,
        revision=row.revision,
        fetched_at=row.fetched_at,
        image=row.image,
        site_name=row.site_name,
        warnings=tuple(row.warnings),
    )


_BY_KEY = ARTICLE.where(articles.c.key == bindparam("page"))
_BY_ID = ARTICLE.where(articles.c.id == bindparam("article"))


def by_key(connection: Connection, key: str) -> Article | None:
    """Return the article of a page, if it is stored."""
    row = connection.execute(_BY_KEY, {"page": index_key(key)}).one_or_none()
    return to_article(row) if row else None


def by_id(connection: Connection, article_id: int) -> Article | None:
    """Return a stored article."""
    row = connection.execute(_BY_ID, {"article": article_id}).one_or_none()
    return to_article(row) if row else None


def placed(connection: Connection, since: datetime, after: int, limit: int) -> Sequence[Article]:
    """Return articles of stories last seen since then, by id, those above `after`."""
    query = ARTICLE.join(stories, stories.c.id == articles.c.story_id)
    query = query.where(stories.c.last_seen_at >= since, articles.c.id > after)
    return [
        to_article(row) for row in connection.execute(query.order_by(articles.c.id).limit(limit))
    ]


def pack(content: str | bytes) -> bytes:
    """Return a text or a page as it is kept: zstd, a quarter of zlib's time at equal size."""
    return zstd.compress(content.encode() if isinstance(content, str) else content)


def unpack(packed: bytes) -> bytes:
    """Return what `pack` was given, a text as UTF-8."""
    return zstd.decompress(packed)


def count_words(body: str) -> int:
    """Return the number of words; scripts without spaces count by character."""
    return sum(map(bool, _WORD.finditer(body)))  # a list of ten million would be a burden


def add(
    connection: Connection,
    entry: Entry,
    key: str,
    extraction: Extraction,
    page: PageRead,
    story_id: int,
    *,
    now: datetime,
) -> Article:
    """Store the article of a page, and the page as received; it belongs to the feed that brought it.

    `key` is the page's identity; the write fails where there is an article of it.
    """
    body = clean(extraction.body)
    row = {
        **_as_read(entry, extraction, page, None, now),
        "html_z": _html(extraction),
        "key": index_key(key),
        "feed_id": entry.feed_id,
        "text_id": _text_id(connection, body),
        "words": count_words(body),
        "revision": 1,
        "first_seen_at": now,
        "story_id": story_id,
    }
    article_id = connection.execute(_INSERT, row).scalar_one()
    search.add(connection, article_id, extraction.title, extraction.summary, body)
    _keep_pages(connection, article_id, page.pages, now)
    # As it is read back, which would cost half as much again.
    kept = {name: _as_stored(row[name]) for name in _OF_ROW}
    return Article(id=article_id, feed=entry.feed, body=body, **kept)


_INSERT = insert(articles).returning(articles.c.id)
_OF_ROW = {field.name for field in fields(Article)} - {"id", "feed", "body"}


def _as_stored(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return tuple(map(clean, value)) if isinstance(value, list) else value


def edit(
    connection: Connection,
    was: Article,
    entry: Entry,
    extraction: Extraction,
    page: PageRead,
    *,
    now: datetime,
) -> tuple[Article, Change]:
    """Bring an article in step with a reading of its page, which is kept; return it and what changed.

    Another title or body makes a new revision, the old ones are kept.
    """
    values = _as_read(entry, extraction, page, was, now)
    same = (was.title, was.body) == (clean(extraction.title), clean(extraction.body))
    if extraction.html or was.body != clean(extraction.body):
        values["html_z"] = _html(extraction)
    if not same:
        read = was.method == "feed" != extraction.method
        why = Replaced.PAGE_READ if read else Replaced.EDITED
        values |= _revise(connection, was, extraction.body, why, now)
    connection.execute(update(articles).where(articles.c.id == was.id).values(values))
    _index_again(connection, was, extraction)
    if not same:
        _drop_text(connection, was.body)
    _keep_pages(connection, was.id, page.pages, now)
    article = by_id(connection, was.id)
    assert article is not None
    return article, Change.SAME if same else Change.TEXT


def _index_again(connection: Connection, was: Article, read: Extraction) -> None:
    """Bring the text index in step with a reading of an article that is in it."""
    old, new = (was.title, was.summary, was.body), (read.title, read.summary, read.body)
    if old != tuple(map(clean, new)):
        search.drop(connection, was.id, *old)
        search.add(connection, was.id, *new)


def kept_pages(connection: Connection, after: int, limit: int) -> list[tuple[Article, PageRead]]:
    """Return articles with their kept pages, by id, those above `after`."""
    ids = select(pages.c.article_id).where(pages.c.article_id > after).distinct()
    some = connection.scalars(ids.order_by(pages.c.article_id).limit(limit)).all()
    query = select(pages).where(pages.c.article_id.in_(some))
    kept: dict[int, list[RawPage]] = {}
    for row in connection.execute(query.order_by(pages.c.article_id, pages.c.part)):
        page = RawPage(row.url, unpack(row.html_z), row.content_type)
        kept.setdefault(row.article_id, []).append(page)
    return [
        (article, PageRead("kept", final_url=parts[0].url, pages=tuple(parts)))
        for article_id, parts in kept.items()
        if (article := by_id(connection, article_id))
    ]


def reclean(connection: Connection, was: Article, extraction: Extraction, *, now: datetime) -> bool:
    """Give an article what its kept page gives now; return whether title or body changed.

    Addresses and times stay: the page is as old as it was. The old text stays as a revision.
    """
    changed = (was.title, was.body) != (clean(extraction.title), clean(extraction.body))
    values: dict[str, Any] = {
        "title": extraction.title,
        "summary": extraction.summary,
        "authors": list(extraction.authors),
        "language": extraction.language,
        "method": extraction.method,
        "warnings": list(extraction.warnings),
    }
    if changed or extraction.html:
        values["html_z"] = _html(extraction)
    if changed:
        values |= _revise(connection, was, extraction.body, Replaced.CLEANED, now)
    connection.execute(update(articles).where(articles.c.id == was.id).values(values))
    _index_again(connection, was, extraction)
    if changed:
        _drop_text(connection, was.body)
    return changed


def _as_read(
    entry: Entry, extraction: Extraction, page: PageRead, was: Article | None, now: datetime
) -> dict[str, Any]:
    """Return the row of a reading; what it leaves open stays as it was, or is as the feed says."""
    url, published_at = (was.url, was.published_at) if was else (entry.link, entry.published_at)
    return {
        "url": page.final_url or url,
        "canonical_url": extraction.canonical_url,
        "title": extraction.title,
        "summary": extraction.summary,
        "authors": list(extraction.authors),
        "published_at": extraction.published_at or published_at,
        "language": extraction.language,
        "image": extraction.image,
        "site_name": extraction.site_name,
        "method": extraction.method,
        "warnings": list(extraction.warnings),
        "fetched_at": now,
    }


def _html(extraction: Extraction) -> bytes | None:
    html = clean(extraction.html)
    return revisions.delta(html, clean(extraction.body)) if html else None


def to_show(connection: Connection, article_id: int) -> str | None:
    """Return an article's text as HTML that is safe to show; None where there is no such article."""
    query = select(articles.c.html_z, articles.c.url, texts.c.body).join(texts)
    row = connection.execute(query.where(articles.c.id == article_id)).one_or_none()
    if row is None:
        return None
    kept = revisions.restored(row.html_z, row.body) if row.html_z else None
    # Here, as few commands show an article as HTML.
    from ingest.articles import display  # noqa: PLC0415

    return display.fit(display.sanitised(kept or "", row.url or ""), row.body)


def _revise(
    connection: Connection, was: Article, body: str, why: Replaced, now: datetime
) -> dict[str, Any]:
    """Keep what an article was before, and return what a new text changes in its row."""
    revisions.keep(connection, was, body, why, now)
    return {
        "text_id": _text_id(connection, body),
        "words": count_words(body),
        "revision": was.revision + 1,
    }


# --- texts and pages --------------------------------------------------------------------------

_FIND_TEXT = select(texts.c.id).where(texts.c.hash == bindparam("hash"))
_DROP_TEXT = delete(texts).where(
    texts.c.hash == bindparam("old_hash"), ~exists().where(articles.c.text_id == texts.c.id)
)


_DROP_PAGES = delete(pages).where(pages.c.article_id == bindparam("article"))


def _text_hash(body: str) -> bytes:
    return blake2b(body.encode(), digest_size=16).digest()


def _text_id(connection: Connection, body: str) -> int:
    """Return the id of a text, stored now if it was not."""
    body = clean(body)
    row = {"hash": _text_hash(body), "body": body}
    found = connection.scalar(insert_new(connection, texts, texts.c.id), row)
    return int(found or connection.execute(_FIND_TEXT, row).scalar_one())


def _drop_text(connection: Connection, body: str) -> None:
    """Drop a text that no article has any more."""
    connection.execute(_DROP_TEXT, {"old_hash": _text_hash(body)})


def _keep_pages(
    connection: Connection, article_id: int, parts: Sequence[RawPage], now: datetime
) -> None:
    if not parts:
        return
    connection.execute(_DROP_PAGES, {"article": article_id})
    rows = [
        {
            "article_id": article_id,
            "part": number,
            "url": page.url,
            "content_type": page.content_type,
            "fetched_at": now,
            "html_z": pack(page.html),
        }
        for number, page in enumerate(parts, 1)
    ]
    connection.execute(insert(pages), rows)
