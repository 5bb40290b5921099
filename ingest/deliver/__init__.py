"""The doors out: mail, webhook, Apprise, files and feeds, each one way to hand over a delivery."""

import importlib.util
from collections.abc import Mapping
from threading import Lock
from typing import Protocol, assert_never, runtime_checkable

from ingest.deliver.settings import (
    AppriseConfig,
    AtomConfig,
    ChannelConfig,
    EmailConfig,
    FileConfig,
    StdoutConfig,
    WebhookConfig,
)
from ingest.deliver.tls import NoteCertificate, unnoted
from ingest.errors import ConfigError, DeliveryError
from ingest.model import Delivery

__all__ = ["Channels"]


class Channel(Protocol):
    """One way out."""

    def send(self, delivery: Delivery) -> None:
        """Hand over a delivery; returning means delivered; raises DeliveryError."""
        ...


@runtime_checkable
class Staying(Protocol):
    """A channel that keeps a connection open for a while."""

    def close(self) -> None:
        """End it."""
        ...


class Channels:
    """The configured channels by name, each made with its first delivery; threads may share them.

    `base_url` is this installation's own address, named at the foot of its mails; `note` is told
    of the certificates that receivers show.
    Raises ConfigError where a channel's library is not installed.
    """

    def __init__(
        self,
        configs: Mapping[str, ChannelConfig],
        *,
        base_url: str | None = None,
        note: NoteCertificate = unnoted,
    ) -> None:
        self._configs, self._base_url, self._note = configs, base_url, note
        self._channels: dict[str, Channel] = {}
        self._making = Lock()
        for name, config in configs.items():
            if isinstance(config, AppriseConfig) and not importlib.util.find_spec("apprise"):
                raise ConfigError(
                    f"the channel {name} needs the Apprise library",
                    hint="pip install 'ingest[apprise]'",
                )

    def send(self, delivery: Delivery) -> None:
        """Hand one delivery to its channel; returning means delivered; raises DeliveryError."""
        self._channel(delivery.channel).send(delivery)

    def close(self) -> None:
        """End the connections that are still open; they would close by themselves soon after."""
        with self._making:
            made = list(self._channels.values())
        for channel in made:
            if isinstance(channel, Staying):
                channel.close()

    def _channel(self, name: str) -> Channel:
        config = self._configs.get(name)
        if config is None:
            raise DeliveryError(f"there is no channel named {name}", permanent=True)
        with self._making:
            if name not in self._channels:
                self._channels[name] = _made(name, config, self._base_url, self._note)
            return self._channels[name]


def _made(name: str, config: ChannelConfig, base_url: str | None, note: NoteCertificate) -> Channel:
    """Return a channel; its module and what that needs are loaded now, as most runs send nothing."""
    match config:
        case EmailConfig():
            from ingest.deliver.smtp import Mail

            return Mail(config, base_url=base_url, note=note)
        case WebhookConfig():
            from ingest.deliver.webhook import Webhook

            return Webhook(config, note=note)
        case AppriseConfig():
            from ingest.deliver.apprise import Apprise

            return Apprise(name, config)
        case FileConfig():
            from ingest.deliver.file import File

            return File(config.path)
        case StdoutConfig():
            from ingest.deliver.file import Stdout

            return Stdout()
        case AtomConfig():
            from ingest.deliver.atom import Atom

            return Atom(config.folder)
        case _:
            assert_never(config)
