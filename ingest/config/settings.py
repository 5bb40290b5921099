"""All settings: the sections of the rooms joined, and those that belong to no room."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from ingest.alerts.settings import Health
from ingest.articles.settings import Articles
from ingest.articles.sites import SiteRules
from ingest.config.schema import describe
from ingest.deliver.settings import ChannelConfig
from ingest.feeds.settings import FeedConfig, Polling
from ingest.fetch.settings import Fetch
from ingest.rules.settings import ListFile, RuleConfig
from ingest.store.settings import Retention
from ingest.stories.settings import Stories
from ingest.units import ConfigPath, Section, config_folder

_SQLITE = "sqlite:///"
_PORT = "([1-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_LISTEN = rf"(\[[0-9A-Fa-f:.]+\]|[^:\s]+):{_PORT}"
_CONTACT = r"(mailto:|https?://)[!-~]+"
_WEB_ADDRESS = r"https?://[!-~]+"


def _database(url: str, info: ValidationInfo) -> str:
    """Check the scheme and make the path of an SQLite file absolute."""
    if url.startswith("postgresql+psycopg://"):
        return url
    if not url.startswith(_SQLITE) or url == _SQLITE:
        raise ValueError(
            "not a database this program knows; "
            "write sqlite:///path/to/file.db or postgresql+psycopg://user@host/name"
        )
    return f"{_SQLITE}{(config_folder(info) / url.removeprefix(_SQLITE)).absolute()}"


def _shaped(pattern: str, complaint: str) -> Any:
    """Return what makes a text type ask for a pattern, in the schema and with a sentence."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(complaint)
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


ListName = Annotated[
    str, *_shaped(r"[^\W\d][\w-]*", "not a name; a letter first, then letters, digits, - and _")
]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
"""An SQLAlchemy address; an SQLite path in it is absolute."""
Listen = Annotated[
    str, *_shaped(_LISTEN, "not a place to listen on; write for example 127.0.0.1:8080")
]
Contact = Annotated[
    str, *_shaped(_CONTACT, "not a contact; write mailto:desk@example.org or a web address")
]
WebAddress = Annotated[
    str, *_shaped(_WEB_ADDRESS, "not a web address; write for example https://example.org")
]


class Web(Section):
    """What others reach by HTTP: hubs that push feeds (WebSub), Prometheus, later the dashboard."""

    listen: Listen = Field(
        "127.0.0.1:8080", description="Host and port to listen on, for hubs and for metrics."
    )
    password_file: ConfigPath | None = Field(
        None, description="File with the password's hash; null: no password."
    )
    base_url: WebAddress | None = Field(
        None,
        description="Address under which others reach `listen`, as a rule by way of a proxy; with it"
        " feeds that name a hub are pushed as well as polled.",
    )


class Metrics(Section):
    """Prometheus metrics."""

    enabled: bool = Field(
        True, description="Serve Prometheus metrics at `/metrics` on `web.listen`."
    )


class Log(Section):
    """What the program writes about its own work."""

    format: Literal["console", "json"] = Field(
        "console", description="Lines for people, or one JSON object per line."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important message to write."
    )


class Settings(Section):
    """The whole configuration of `ingest`."""

    include: tuple[str, ...] = Field(
        (), description="Further files or globs, relative to this file; lists are joined."
    )
    database: DatabaseUrl = Field(
        "sqlite:///var/ingest.db",
        validate_default=True,
        repr=False,  # it may hold a password
        description="`sqlite:///path` or `postgresql+psycopg://user@host/name`.",
    )
    contact: Contact | None = Field(
        None,
        description="Where site owners reach you; sent in the User-Agent.",
    )
    workers: int = Field(64, ge=1, le=256, description="Threads for input and output.")
    fetch: Fetch = Fetch()
    polling: Polling = Polling()
    articles: Articles = Articles()
    stories: Stories = Stories()
    retention: Retention = Retention()
    web: Web = Web()
    metrics: Metrics = Metrics()
    log: Log = Log()
    channels: dict[str, ChannelConfig] = Field({}, description="The ways out, each under its name.")
    health: Health = Health()
    feeds: tuple[FeedConfig, ...] = Field((), description="The feeds to watch.")
    rules: tuple[RuleConfig, ...] = Field((), description="The rules to watch for.")
    lists: dict[ListName, tuple[str, ...] | ListFile] = Field(
        {}, description="Lists that rules name as `$name`: entries, or `{file: names.txt}`."
    )

    @field_validator("polling")
    @classmethod
    def _in_order(cls, polling: Polling) -> Polling:
        if not polling.min <= polling.interval <= polling.max:
            raise ValueError("out of order; `min` ≤ `interval` ≤ `max` must hold")
        return polling

    _site_rules: SiteRules = PrivateAttr(SiteRules(()))
    _entries: dict[str, tuple[str, ...]] = PrivateAttr({})

    def model_post_init(self, context: object) -> None:
        """Take the site rules that were read beside the configuration."""
        if isinstance(context, dict) and "site_rules" in context:
            self._site_rules = context["site_rules"]
        self._entries = {
            name: entries for name, entries in self.lists.items() if isinstance(entries, tuple)
        }

    def take_entries(self, entries: dict[str, tuple[str, ...]]) -> None:
        """Take what was read of the lists, those in files of their own too."""
        self._entries = entries

    @property
    def site_rules(self) -> SiteRules:
        """Return how to read the pages of single sites; from files of their own."""
        return self._site_rules

    @property
    def list_entries(self) -> dict[str, tuple[str, ...]]:
        """Return the entries of each list; `load` adds those in files of their own."""
        return self._entries


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `ingest.yaml` and of the files it includes."""
    return describe(Settings)
