"""The doors out: mail, webhook, Apprise, files and feeds, each one way to hand over a delivery."""

from collections.abc import Mapping
from typing import Annotated, assert_never
from urllib.parse import urlsplit
from uuid import uuid4

from pydantic import Field

from ingest.deliver.apprise import Apprise, AppriseConfig
from ingest.deliver.atom import Atom, AtomConfig
from ingest.deliver.file import File, FileConfig, Stdout, StdoutConfig
from ingest.deliver.smtp import EmailConfig, Mail, SmtpConfig
from ingest.deliver.tls import NoteCertificate, unnoted
from ingest.deliver.webhook import Webhook, WebhookConfig
from ingest.errors import DeliveryError
from ingest.model import Delivery

__all__ = [
    "AppriseConfig",
    "AtomConfig",
    "ChannelConfig",
    "Channels",
    "EmailConfig",
    "FileConfig",
    "SmtpConfig",
    "StdoutConfig",
    "WebhookConfig",
    "delivery_id",
    "host_of",
]

ChannelConfig = Annotated[
    EmailConfig | WebhookConfig | AppriseConfig | FileConfig | StdoutConfig | AtomConfig,
    Field(discriminator="kind"),
]
Channel = Mail | Webhook | Apprise | File | Stdout | Atom


def delivery_id() -> str:
    """Return a new id for a delivery: unguessable, and fit for a header and a Message-ID."""
    return f"dlv_{uuid4().hex}"


class Channels:
    """The configured channels by name; threads may share them.

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
        self._channels = {
            name: _channel(name, config, base_url, note) for name, config in configs.items()
        }

    def send(self, delivery: Delivery) -> None:
        """Hand one delivery to its channel; returning means delivered; raises DeliveryError."""
        channel = self._channels.get(delivery.channel)
        if channel is None:
            raise DeliveryError(f"there is no channel named {delivery.channel}", permanent=True)
        channel.send(delivery)

    def close(self) -> None:
        """End the connections that are still open; they would close by themselves soon after."""
        for channel in self._channels.values():
            if isinstance(channel, Mail):
                channel.close()


def host_of(config: ChannelConfig) -> str | None:
    """Return the host that a channel hands its messages to, where we talk to it ourselves."""
    match config:
        case EmailConfig():
            return config.smtp.host
        case WebhookConfig():
            return urlsplit(config.url).hostname
        case _:
            return None


def _channel(
    name: str, config: ChannelConfig, base_url: str | None, note: NoteCertificate
) -> Channel:
    match config:
        case EmailConfig():
            return Mail(config, base_url=base_url, note=note)
        case WebhookConfig():
            return Webhook(config, note=note)
        case AppriseConfig():
            return Apprise(name, config)
        case FileConfig():
            return File(config.path)
        case StdoutConfig():
            return Stdout()
        case AtomConfig():
            return Atom(config.folder)
        case _:
            assert_never(config)
