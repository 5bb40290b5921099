"""Feeds in, one alert per story out: the ingester, its daemon and its command line."""

__version__ = "0.1.0"
