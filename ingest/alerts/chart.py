"""Small charts of how often something was counted, the present last: as text, for mails, as SVG."""

from collections.abc import Sequence
from html import escape

BARS = "▁▂▃▄▅▆▇█"
HEIGHT = 48
"""Pixels of the highest bar; mail and SVG alike."""
WIDTH, STEP = 10, 14


def text(counts: Sequence[int]) -> str:
    """Return a chart of one line of text."""
    return "".join(BARS[_share(count, counts, len(BARS) - 1)] for count in counts)


def heights(counts: Sequence[int]) -> Sequence[int]:
    """Return the height of each bar in pixels, one where nothing was counted."""
    return [max(1, _share(count, counts, HEIGHT)) for count in counts]


def svg(counts: Sequence[int], title: str, description: str) -> str:
    """Return a chart that says what it shows to those who cannot see it, too."""
    bars = "".join(
        f'<rect x="{place * STEP}" y="{HEIGHT - height}" width="{WIDTH}" height="{height}" '
        f'fill="{"#b3420a" if place == len(counts) - 1 else "#1a56a8"}"/>'
        for place, height in enumerate(heights(counts))
    )
    width = len(counts) * STEP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{HEIGHT}" '
        f'viewBox="0 0 {width} {HEIGHT}"><title>{escape(title)}</title>'
        f"<desc>{escape(description)}</desc>{bars}</svg>"
    )


def _share(count: int, counts: Sequence[int], most: int) -> int:
    return round(count / (max(counts, default=0) or 1) * most)
