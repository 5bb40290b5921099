"""Settings of the channels: what all kinds share, then each kind's own.

Apart from the channels themselves, so that a kind's library is loaded only where one is configured.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from ingest.alerts.settings import Mailbox, Restraint
from ingest.alerts.tidy import line
from ingest.units import ConfigPath, Duration, Section

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PREFIX = "whsec_"
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token, RFC 9110 §5.6.2
_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = re.compile(r"webhook-.*|content-.*|host|connection|transfer-encoding", re.IGNORECASE)


class ChannelSection(Restraint):
    """Keys that every kind of channel knows."""


class SmtpConfig(Section):
    """The mail server that takes our mail."""

    host: str = Field(min_length=1, description="Its name; certificates are checked against it.")
    port: int = Field(587, ge=1, le=65535, description="587, 465 or 25, as the server has it.")
    security: Literal["starttls", "tls", "none"] | None = Field(
        None,
        description="Left out: tls on port 465, none on this very machine, else starttls.",
    )
    username: str | None = Field(None, description="For logging in; left out: no log-in.")
    password: SecretStr | None = Field(None, description="The one that goes with the username.")
    timeout: Duration = Field(
        timedelta(seconds=60), gt=timedelta(), description="For handing over one mail."
    )

    @property
    def encryption(self) -> str:
        """The security in force: `starttls`, `tls` or `none`."""
        if self.security:
            return self.security
        if self.port == 465:
            return "tls"
        return "none" if self.host in _LOOPBACK else "starttls"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        if not f"{self.username}{self.password and self.password.get_secret_value()}".isascii():
            raise ValueError("username and password may only hold ASCII characters")
        if self.password and self.encryption == "none" and self.host not in _LOOPBACK:
            raise ValueError("a password needs security: starttls or tls")
        return self


class EmailConfig(ChannelSection):
    """A channel that sends mail."""

    kind: Literal["email"] = Field(description="Mail.")
    to: tuple[Mailbox, ...] = Field(min_length=1, description="Who gets the mail.")
    sender: Mailbox | None = Field(
        None,
        alias="from",
        description="The address the mail comes from; `ingest@` the first recipient's domain, "
        "where none is given.",
    )
    smtp: SmtpConfig = Field(description="The server that takes the mail.")


def key_bytes(secret: str) -> bytes:
    """Return the signing key: what `whsec_…` holds in base64, else the text itself in UTF-8.

    Raises ValueError for an empty secret and for broken base64.
    """
    if not secret.startswith(_PREFIX):
        key = secret.encode()
    else:
        coded = secret.removeprefix(_PREFIX)
        try:
            key = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
        except binascii.Error as error:
            raise ValueError("after `whsec_` a secret continues in base64") from error
    if not key:
        raise ValueError("a secret must not be empty")
    return key


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str | SecretStr) else value


def _usable(secret: SecretStr) -> SecretStr:
    key_bytes(secret.get_secret_value())
    return secret


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", url):
        raise ValueError("not a web address; write for example https://soc.example.org/hook")
    return url


def _sendable(headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value.get_secret_value()):
            raise ValueError(f"the header {line(name, 40)} has a name or value HTTP does not allow")
        if _OURS.fullmatch(name):
            raise ValueError(f"the header {name} is set by the channel itself")
    return headers


def _readable(template: str) -> str:
    from ingest.alerts.render import read_template  # noqa: PLC0415  only where there is one

    read_template(template)
    return template


def _one_line(value: str) -> str:
    if not value or not _VALUE.fullmatch(value):
        raise ValueError("not a content type; write for example text/plain; charset=utf-8")
    return value


Secrets = Annotated[
    tuple[Annotated[SecretStr, AfterValidator(_usable)], ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "writeOnly": True,
        }
    ),
]


class WebhookConfig(ChannelSection):
    """A channel that posts signed JSON to a web address."""

    kind: Literal["webhook"] = Field(description="A signed POST.")
    url: Annotated[str, AfterValidator(_web_address)] = Field(
        repr=False, description="Where to post; http or https."
    )
    secret: Secrets = Field(
        min_length=1, description="The signing secret, or a list of them, newest first."
    )
    headers: Annotated[dict[str, SecretStr], AfterValidator(_sendable)] = Field(
        {}, description="Further headers, for example Authorization."
    )
    template: Annotated[str, AfterValidator(_readable)] | None = Field(
        None, description="A Jinja template for the body; left out: the message as JSON."
    )
    content_type: Annotated[str, AfterValidator(_one_line)] = Field(
        "application/json", description="What the body is, where a template makes it."
    )
    timeout: Duration = Field(
        timedelta(seconds=20), gt=timedelta(), description="For a whole exchange."
    )


class AppriseConfig(ChannelSection):
    """A channel through the Apprise library: ntfy, Slack, Telegram and many more."""

    kind: Literal["apprise"] = Field(description="Any service that Apprise knows.")
    url: SecretStr = Field(description="The service's Apprise URL, for example ntfy://topic.")
    timeout: Duration = Field(
        timedelta(seconds=30), gt=timedelta(), description="For a whole message."
    )


class FileConfig(ChannelSection):
    """A channel that appends to a file."""

    kind: Literal["file"] = Field(description="JSON lines appended to a file.")
    path: ConfigPath = Field(description="The file; made where there is none.")


class StdoutConfig(ChannelSection):
    """A channel that writes to standard output."""

    kind: Literal["stdout"] = Field(description="JSON lines on standard output.")


class AtomConfig(ChannelSection):
    """A channel that keeps an Atom feed for each rule."""

    kind: Literal["atom"] = Field(description="An Atom feed of alerts for each rule, as a file.")
    folder: ConfigPath = Field(description="Where the files go, RULE.atom; made if it is missing.")


ChannelConfig = Annotated[
    EmailConfig | WebhookConfig | AppriseConfig | FileConfig | StdoutConfig | AtomConfig,
    Field(discriminator="kind"),
]


def host_of(config: ChannelConfig) -> str | None:
    """Return the host that a channel hands its messages to, where we talk to it ourselves."""
    match config:
        case EmailConfig():
            return config.smtp.host
        case WebhookConfig():
            return urlsplit(config.url).hostname
        case _:
            return None
