"""Decisions about pages: where the article is, what belongs to it, what does not."""
