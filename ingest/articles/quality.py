"""Whether what was taken from a page is its article, and which text to keep: the page's or the feed's."""

import dataclasses
import re

from ingest import urls
from ingest.gates import is_gate
from ingest.model import Extraction

_WALLS = (
    (
        "challenge page",
        re.compile(
            r"^just a moment|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|^attention required|are you a robot"
            r"|^access (?:to this page has been )?denied|enable javascript and cookies|unusual traffic from|request (?:was |has been )?blocked"
            r"|(?:solve|complete|enter) (?:the|a|this) captcha|^captcha|ddos protection by|^security check\W*$|complete (?:the|a) security check",
            re.I | re.M,
        ),
    ),
    (
        "consent wall",
        re.compile(
            r"^before you continue|we (?:value|care about) your privacy|cookie(?:s)? (?:consent|settings|preferences)|^datenschutzeinstellungen"
            r"|cookies?\b.{0,200}(?:zustimm|consent|akzept)|(?:zustimm|consenti|consent to).{0,120}\bcookie|with your (?:consent|agreement), we",
            re.I | re.M,
        ),
    ),
    (
        "geo block",
        re.compile(
            r"unavailable (?:due to|for) legal reasons|not available in your (?:country|region|location)"
            r"|country belonging to the european economic area|in ihrem land nicht verfügbar",
            re.I,
        ),
    ),
    (
        "soft 404",
        re.compile(
            r"^404\b|\b404\W+(?:error|not found|page)|error\W+404|page (?:you (?:requested|are looking for) )?(?:could )?not (?:be )?found"
            r"|can(?:.t|not) find (?:the|that|this) page|page (?:no longer|doesn.t|does not) exist|page (?:introuvable|non trouvée)"
            r"|seite (?:wurde )?nicht gefunden|p[áa]gina no encontrada|pagina non trovata|pagina niet gevonden|страница не найдена"
            r"|сторінку не знайдено|sayfa bulunamadı|ページが見つかりません|页面不存在|페이지를 찾을 수 없|الصفحة غير موجودة",
            re.I | re.M,
        ),
    ),
)

WALL_CHARS = 1_200
"""A page with more text than this is no wall, whatever words stand in it."""

SHORT = 0.5
"""The page's text counts as cut short below this share of the feed's own text."""


_CONSENT_HOST = re.compile(r"https?://(?:[\w-]+\.)?(?:consent|consents|privacy-?mgmt|guce)\.", re.I)


def gate(html: str, url: str, body: str) -> str | None:
    """Return the name of the wall that a page without text is by its scripts or its address."""
    if len(body) >= GATE_TEXT:
        return None
    if _CONSENT_HOST.match(url):
        return "consent wall"
    return "challenge page" if is_gate(html, is_bare=not body) else None


GATE_TEXT = 200
"""A gate says no more than a few words."""


def is_front_page(asked: str, answered: str) -> bool:
    """Return whether a site answered with its front page where an article was asked for."""
    return urls.is_front(answered) and not urls.is_front(asked)


def wall(title: str, body: str) -> str | None:
    """Return the name of the wall that a page is instead of an article, or None."""
    if len(body) > WALL_CHARS:
        return None
    for name, pattern in _WALLS:
        if pattern.search(title) or (len(body) < 400 and pattern.search(body)):
            return name
    return None


def choose(page: Extraction | None, feed: Extraction) -> Extraction:
    """Return the article of an entry: the page's, or the feed's own text where that is better.

    A warning names why the feed's text was taken; what one side lacks comes from the other.
    """
    if page is None or not page.body:
        return feed
    if len(page.body) < SHORT * len(feed.body):
        why = (
            "the page's text is behind a subscription; the feed has more"
            if "paywall" in page.warnings
            else "the page's text is far shorter than the feed's own"
        )
        return _filled(
            dataclasses.replace(feed, warnings=_joined(feed.warnings, page.warnings, (why,))),
            page,
        )
    return _filled(page, feed)


def _filled(kept: Extraction, other: Extraction) -> Extraction:
    """Return `kept` with what it lacks taken from `other`."""
    dated = kept if kept.published_at or kept.date else other
    return dataclasses.replace(
        kept,
        title=kept.title or other.title,
        summary=kept.summary or other.summary,
        authors=kept.authors or other.authors,
        published_at=kept.published_at or other.published_at,
        date=dated.date,
        language=kept.language or other.language,
        canonical_url=kept.canonical_url or other.canonical_url,
        image=kept.image or other.image,
        site_name=kept.site_name or other.site_name,
    )


def _joined(*warnings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for group in warnings for one in group))
