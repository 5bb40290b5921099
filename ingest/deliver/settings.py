"""What the settings of every channel share."""

from pydantic import Field

from ingest.alerts.settings import Digest, QuietHours, Rate
from ingest.units import Section

NOT_YET = ("digest", "quiet_hours", "rate")
"""Keys that are read and checked, but have no effect yet."""


class ChannelSection(Section):
    """Keys that every kind of channel knows."""

    digest: Digest | None = Field(None, description="Collect alerts and send them once a day.")
    quiet_hours: QuietHours | None = Field(None, description="Hold alerts at these times of day.")
    rate: Rate | None = Field(None, description="At most so many messages, for example 10/h.")
