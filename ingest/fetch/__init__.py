"""The door to the web: one bounded, guarded, polite HTTP exchange at a time."""
