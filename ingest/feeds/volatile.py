"""What of a text changes by itself: counts of comments or views, and how long ago something was.

Only those that stand alone: a line or a link of their own, in brackets, between signs.
Numbers within a sentence are what it says: `passed by 212 votes`.
"""

import re

_ANSWERS = (
    "comments?|replies|responses|kommentare?|commentaires?|comentarios?|commenti|reacties|"
    "комментари\\w{0,4}"
)
_COUNTED = f"{_ANSWERS}|views?|reads?|likes?|shares?|votes?|points?|clicks?|aufrufe|vues?"
_AGO = "(?:sec|min|second|minute|hour|hr|day|week|month)s?\\.? ago"
_INITIALS = "crkкvlspamhdw"
# It begins with the last digit, which a search finds fast, and looks at the word's first letter.
_COUNT = re.compile(
    rf"[0-9]\s?(?:[kmKM]\s?)?(?=[{_INITIALS}{_INITIALS.upper()}])"
    rf"(?i:(?P<answers>{_ANSWERS})\b|(?:{_COUNTED})\b|(?P<ago>{_AGO})\b)"
)
_LABELLED = re.compile(rf"\b(?:{_COUNTED})\s?[:(]\s?\d[\d.,]{{0,12}}\)?", re.IGNORECASE)
_LABEL = re.compile(r"[:(]\s?[0-9]")
_NUMBER = re.compile(r"(?<![\w.,-])[\d.,]{0,12}\Z")
_BEFORE = re.compile(r"(?:^|[\n#.!?…|·•–—/(\[])[\"”’)\]]?[ \t\xa0]*\Z")
_AFTER = re.compile(rf"[ \t\xa0]*(?:$|[\n|·•–—/)\]]|(?:[,;&][ \t\xa0]*)?\d{{0,9}}{_COUNT.pattern})")
_JOINED = re.compile(r"[ \t\xa0,;&]*")
_END = re.compile(r"\s*(?:$|\n)")
_DATED = re.compile(
    r"\b(?:posted|published|submitted|updated|added|created)[ \t\xa0:]{1,3}\Z", re.I
)
_LOOK_BACK = 20


def lasting(text: str) -> str:
    """Return a text without what changes by itself; white space may differ."""
    text = _without(_COUNT, text)
    return _without(_LABELLED, text) if _LABEL.search(text) else text


def _without(counts: re.Pattern[str], text: str) -> str:
    kept: list[str] = []
    at = 0
    for found in counts.finditer(text):
        start = _start(found)
        if start is not None and _is_alone(found, start, at if kept else None):
            kept += [text[at:start], "\n"]
            at = found.end()
    return "".join(kept) + text[at:] if kept else text


def _start(found: re.Match[str]) -> int | None:
    """Return where a count begins: with its first digit, of which the last was found, or its label."""
    if found.re is _LABELLED:
        return found.start()
    number = _NUMBER.search(found.string, max(found.start() - 13, 0), found.start())
    return number.start() if number else None


def _is_alone(found: re.Match[str], start: int, last_end: int | None) -> bool:
    """Return whether a count belongs to no sentence; `last_end` is where one ended that did not."""
    text, kinds = found.string, found.groupdict()
    back = max(start - _LOOK_BACK, 0)
    before = text[back:start] if back == 0 else "x" + text[back:start]
    if kinds.get("ago") and _DATED.search(before):
        return True
    if kinds.get("answers") and _END.match(text, found.end()):
        return True
    follows = last_end is not None and _JOINED.fullmatch(text, last_end, start)
    return bool((follows or _BEFORE.search(before)) and _AFTER.match(text, found.end()))
