"""Where the files that come with the program lie: inside the installed package, or in the checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(installed: str, checkout: str) -> Path:
    """Return the folder `ingest/<installed>` of a wheel, or `<checkout>` beside the package."""
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parent / checkout
