"""What the names of elements say: classes and ids that mark what stands beside an article.

The words were chosen by hand; the guide was a count, over the labelled pages of the yardstick, of
the sites on which a word stood on text inside and outside the article.
"""

import re
from enum import Enum
from functools import lru_cache

from ingest.articles.words import word_set

_CONSENT = word_set(
    "ccpa consent cookie cookies gdpr onetrust cmpbox didomi comments disqus footer copyright"
)
"""Boxes that on a short article outweigh it: cut whatever their share, short of nearly everything."""

_STRONG = word_set("""
    advert advertisement advertising attribution banner bio biography breadcrumb breadcrumbs byline
    author authors caption captioned captions comment credit credits cta disclaimer donate donation
    dropdown figcaption infobox instagram kicker login masthead menu metadata modal nav navbar
    navigation newsletter newsletters outbrain overlay pagination popular popup promo promoted
    promotion promotions rail rating ratings recirc recirculation recommend recommendation
    recommendations recommended related reply share shares sharing shop sidebar signup social subscribe subscription subscriptions
    productcard disclosure feedback poll crumbs outdated notice linkback warning accessibility wall photogallery
    sponsor sponsored sponsors swiper taboola thumbnail timestamp toolbar tooltip trending tweet
    twitter whatsapp slick slider flickity carousel
    """)
_WEAK = word_set("""
    ad ads adslot adunit affiliate also category categories dateline follow form
    hidden label meta most paywall placeholder player podcast posts posted price print published
    publish read reading readmore registration robots skip
    subscriber tag tags teaser teasers toc updated utility video videos widget
    """)
"""Names that article text bears too (`paywall`, `subscriber-only`, `widget--quote`): they decide only
where most of the text is no running text."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_TAXONOMY = re.compile(r"(?<!\S)(?:tag|category|has|format|type|status|author|wp)-\S+")
_POST = re.compile(r"(?<!\S)(?:hentry|type-\w+|post-\d+)(?!\S)")
"""WordPress writes an article's tags and categories into the class of its wrapper."""
_COMPOUND = re.compile(
    r"sr-only|(?<!\S)\S{0,8}-vh(?!\S)|push-notification|product-?(?:card|embed)|screen-reader|visually-?hidden|more-(?:stories|news|from|on)|sign-?up|(?:in|inline)-?(?:article-)?(?:related|link)s?\b|see-also"
    r"|article-?(?:links|list|tools|actions|date|info|tags)|(?:entry|post)-?(?:date|info|tags|footer|author)|author-?(?:bio|box|info|card)",
)


class Kind(Enum):
    """How sure a name is."""

    CONSENT = 1
    STRONG = 2
    WEAK = 3


@lru_cache(8192)
def named(classes: str, name: str) -> Kind | None:
    """Return what an element's class and id say of it, None where they say nothing."""
    if "-" in classes and _POST.search(classes):
        classes = _TAXONOMY.sub("", classes)
    both = f"{classes} {name}"
    words = _WORDS.findall(both)
    if not both.islower():
        words = [word.lower() for word in words]
    if not _CONSENT.isdisjoint(words):
        return Kind.CONSENT
    if not _STRONG.isdisjoint(words) or _COMPOUND.search(both.lower()):
        return Kind.STRONG
    return None if _WEAK.isdisjoint(words) else Kind.WEAK
