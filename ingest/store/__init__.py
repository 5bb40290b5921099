"""The door to the database: tables, transactions and the conversion of rows to records."""

from ingest.store.store import Store

__all__ = ["Store"]
