"""Decisions about alerts: what to tell, how it reads, when to try again."""
