"""Decisions about sameness: which articles tell the same story."""
