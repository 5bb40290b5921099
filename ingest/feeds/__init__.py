"""Decisions about feeds: what a document says, what in it is new, when to look again."""
