"""The Apprise channel: short messages to any service that the Apprise library knows (an extra)."""

import importlib
import re
from time import monotonic
from typing import Any

from ingest.alerts.push import Room, Style, pushes
from ingest.alerts.tidy import line
from ingest.deliver.settings import AppriseConfig
from ingest.errors import DeliveryError
from ingest.model import Delivery

MOST_BYTES = 3800
"""Of one message: ntfy makes a file of more than 4,096 bytes, Telegram refuses 4,096 characters."""

_MACHINES = {"json", "xml", "form", "amqp", "apprise"}
"""Behind these is a program and no screen: plain text, unless the address asks for another format."""


class Apprise:
    """One Apprise channel; the library is imported with the first message."""

    def __init__(self, name: str, config: AppriseConfig) -> None:
        self._name, self._config = name, config

    def send(self, delivery: Delivery) -> None:
        """Hand over a delivery in the service's own format and within its limits.

        A long digest may take several messages; where one of them is refused, all come again.
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
        style, deadline = _style(service), monotonic() + self._config.timeout.total_seconds()
        room = Room(service.title_maxlen, min(service.body_maxlen or MOST_BYTES, MOST_BYTES))
        for push in pushes(delivery, style, room):
            taken = group.notify(
                title=push.title,
                body=push.body,
                body_format=style.value,
                timeout=max(deadline - monotonic(), 0.1),
            )
            if not taken:
                raise DeliveryError(
                    f"{service.service_name} did not take the message{self._said(taken)}"
                )

    def _said(self, result: Any) -> str:
        """Return what Apprise says of a refusal, unless it repeats a part of the address."""
        said = next((each.message for each in result.logs() if each.level == "WARNING"), "")
        secrets = re.findall(r"[\w-]{5,}", self._config.url.get_secret_value())
        return "" if not said or any(each in said for each in secrets) else f": {line(said, 200)}"


def _style(service: Any) -> Style:
    """Return the richest style that a service shows, or the one that its address asks for."""
    if _schema(service) in _MACHINES:
        return Style(service.resolve_format(None).value)
    for style in (Style.HTML, Style.MARKDOWN):
        if service.resolve_format(style.value).value == style.value:
            return style
    return Style.TEXT


def _schema(service: Any) -> str:
    return str(service.url()).partition(":")[0].removesuffix("s")
