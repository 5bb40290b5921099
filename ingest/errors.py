"""Every error this program raises on purpose.

    IngestError
    ├─ ConfigError            file, line, column, hint              exit code 2; a reload keeps the old settings
    │  └─ ConfigErrors        faults: all that were found at once
    ├─ FetchError             url, retry_after_s                    a feed backs off; a page falls back to the feed's text
    │  ├─ Blocked             the guard or robots.txt refused it    permanent until the configuration changes
    │  ├─ HttpStatus          status
    │  ├─ TooLarge  TimedOut  NetworkError
    │  └─ Offline             our own network is down              nobody is blamed; tried again soon
    ├─ ParseError             what could not be read                counted on the feed; polling backs off
    │  └─ NotAFeed            the answer is something else
    ├─ ExtractError           article falls back to the feed's own text, reason kept
    ├─ RuleError              query, position, hint                 shown with a caret under the query
    ├─ StoreError
    │  ├─ MigrationNeeded     current, wanted                       exit code 3, says which command to run
    │  ├─ AlreadyRunning      another daemon holds this database
    │  └─ StoreUnavailable                                          the tick ends, the next one tries again
    └─ DeliveryError          permanent, retry_after_s              alerts/retry.py decides

Each reads as one plain sentence to an operator and keeps its cause.
"""

from collections.abc import Mapping, Sequence


class IngestError(Exception):
    """Anything that this program found wrong and can name."""


class ConfigError(IngestError):
    """A fault in the configuration, with the place where it stands (line and column count from 1)."""

    def __init__(
        self, message: str, *, file: str = "", line: int = 0, column: int = 0, hint: str = ""
    ) -> None:
        place = ":".join([file, str(line), str(column)]) if line else file
        super().__init__((f"{place}: " if place else "") + message + (f" ({hint})" if hint else ""))
        self.message, self.file, self.line, self.column, self.hint = (
            message,
            file,
            line,
            column,
            hint,
        )


class ConfigErrors(ConfigError):
    """All faults of a configuration, in reading order; its text is one fault after the other."""

    def __init__(self, faults: Sequence[ConfigError]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class FetchError(IngestError):
    """One HTTP exchange that brought nothing usable."""

    def __init__(self, message: str, *, url: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.url, self.retry_after_s = url, retry_after_s


class Blocked(FetchError):
    """The SSRF guard or the site's robots.txt refused the address."""


class HttpStatus(FetchError):
    """The server answered with a status that is no success."""

    def __init__(
        self, message: str, *, url: str, status: int, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, url=url, retry_after_s=retry_after_s)
        self.status = status


class TooLarge(FetchError):
    """The answer is larger than allowed, on the wire or unpacked."""


class TimedOut(FetchError):
    """The exchange as a whole took longer than allowed."""


class NetworkError(FetchError):
    """No answer: name resolution, connection, TLS or a broken transfer."""


class Offline(FetchError):
    """Our own network is down: no site can be reached, so this one is not to blame."""


class ParseError(IngestError):
    """A feed that could not be read."""


class NotAFeed(ParseError):
    """The answer is no feed at all: a web page, a log-in form, nothing."""


class ExtractError(IngestError):
    """A page whose article could not be taken out; the reason is the message, in one word `outcome`.

    `moved_to` is the address that a page without an article sends its readers on to.
    """

    def __init__(
        self, message: str, *, outcome: str = "no_article", moved_to: str | None = None
    ) -> None:
        super().__init__(message)
        self.outcome, self.moved_to = outcome, moved_to


class RuleError(IngestError):
    """A rule that cannot be read; `position` counts code points of the query from 0."""

    def __init__(self, message: str, *, query: str, position: int, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.query, self.position, self.hint = message, query, position, hint

    def pointed(self) -> str:
        """Return the message with the query, or that part of a long one, and a caret under the fault."""
        first = max(0, self.position - 60) if len(self.query) > 120 else 0
        shown = "".join(char if char.isprintable() else " " for char in self.query[first:][:120])
        caret = " " * (self.position - first) + "^"
        tail = f"\n{self.hint}" if self.hint else ""
        return f"{self.message}\n  {shown}\n  {caret}{tail}"


class StoreError(IngestError):
    """The database cannot do what was asked."""


class MigrationNeeded(StoreError):
    """The database was made by an older version of this program."""

    def __init__(self, current: str | None, wanted: str) -> None:
        super().__init__(
            f"the database is at schema {current or 'unknown'} and this program needs {wanted}; "
            "run `ingest db upgrade`"
        )
        self.current, self.wanted = current, wanted


class AlreadyRunning(StoreError):
    """Another daemon works on this database."""


class StoreUnavailable(StoreError):
    """The database does not answer just now."""


class DeliveryError(IngestError):
    """An alert that a channel did not take, or not for all; `recipients` as in `Delivery`."""

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after_s: float | None = None,
        recipients: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent, self.retry_after_s = permanent, retry_after_s
        self.recipients: Mapping[str, str] = recipients or {}
