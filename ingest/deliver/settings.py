"""What the settings of every channel share."""

from ingest.alerts.settings import Restraint


class ChannelSection(Restraint):
    """Keys that every kind of channel knows."""
