"""The door to the database: tables, transactions and the conversion of rows to records."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.store.store import Store

__all__ = ["Store"]


def __getattr__(name: str) -> Any:
    """Import the store when it is asked for: half a second that `ingest cluster` does without."""
    if name == "Store":
        from ingest.store.store import Store  # noqa: PLC0415  see above

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
