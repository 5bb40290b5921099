"""Decisions about rules: what a query means and which articles it is true of."""
