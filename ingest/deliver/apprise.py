"""The Apprise channel: a short text to any service that the Apprise library knows (an extra)."""

import importlib
import importlib.util
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, SecretStr

from ingest.alerts.render import short
from ingest.deliver.settings import ChannelSection
from ingest.errors import ConfigError, DeliveryError
from ingest.model import Delivery
from ingest.units import Duration


class AppriseConfig(ChannelSection):
    """A channel through the Apprise library: ntfy, Slack, Telegram and many more."""

    kind: Literal["apprise"] = Field(description="Any service that Apprise knows.")
    url: SecretStr = Field(description="The service's Apprise URL, for example ntfy://topic.")
    timeout: Duration = Field(
        timedelta(seconds=30), gt=timedelta(), description="For a whole message."
    )


class Apprise:
    """One Apprise channel.

    Raises ConfigError where the library is not installed; it is imported with the first message,
    because that takes a moment.
    """

    def __init__(self, name: str, config: AppriseConfig) -> None:
        if importlib.util.find_spec("apprise") is None:
            raise ConfigError(
                f"the channel {name} needs the Apprise library",
                hint="pip install 'ingest[apprise]'",
            )
        self._name, self._config = name, config

    def send(self, delivery: Delivery) -> None:
        """Hand over a delivery as a short text.

        Raises DeliveryError: permanent where Apprise does not know the address; a service's
        refusal is tried again, since Apprise does not say whether it is for good.
        """
        library: Any = importlib.import_module("apprise")
        # memory: no files of its own beside ours; one thread: ours
        asset = library.AppriseAsset(storage_mode="memory", async_mode=False)
        service = library.Apprise.instantiate(self._config.url.get_secret_value(), asset=asset)
        if service is None:
            raise DeliveryError(
                f"Apprise does not know the address of the channel {self._name}", permanent=True
            )
        group = library.Apprise(asset=asset)
        group.add(service)
        text = short(delivery)
        taken = group.notify(
            title=text.title,
            body=text.body,
            body_format="text",
            timeout=self._config.timeout.total_seconds(),
        )
        if not taken:
            raise DeliveryError(f"{service.service_name} did not take the message")
