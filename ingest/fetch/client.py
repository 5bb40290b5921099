"""The one way to ask the web: a GET within bounds of time, bytes, redirects and addresses."""

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from io import BytesIO
from time import monotonic
from urllib.parse import urlencode

import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url
from urllib3.util.request import ACCEPT_ENCODING

from ingest import __version__
from ingest.errors import (
    Blocked,
    FetchError,
    HttpStatus,
    NetworkError,
    Offline,
    TimedOut,
    TooLarge,
)
from ingest.fetch import decode, guard
from ingest.fetch.outage import Origin, Outage
from ingest.fetch.settings import Fetch
from ingest.fetch.wire import (
    HEAD_BYTES,
    RUNNING,
    Adapter,
    Exchange,
    Get,
    NoteCertificate,
    Post,
    dial,
    tls_context,
)
from ingest.model import Request, Response

MAX_REDIRECTS = 10
"""Redirects followed in one exchange; browsers give up after 20, RFC 9309 asks for 5."""

RETRY_AFTER_MAX_S = 86_400.0
"""Longest time a server may send us away for; a day, then it is asked once more."""

KEPT_CONNECTIONS = 256
"""Idle connections kept open at most; well below the usual limit of 1024 open files."""

MAX_COOKIES = 20
"""Cookies kept during a chain of redirects; browsers keep 50 for a host (RFC 6265 §6.1)."""

MAX_VALUE = 4_096
"""Longest cookie (RFC 6265 §6.1) or validator sent back; servers refuse headers of 8 kB."""

PROBE_S = 5.0
"""How long a connection may take that proves our own network alive."""

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 §5.5


def user_agent(contact: str | None) -> str:
    """Return the User-Agent that names this program and whom to write to (RFC 9110 §10.1.5)."""
    return f"ingest/{__version__} (+{contact})" if contact else f"ingest/{__version__}"


class Client:
    """Makes GET requests; may be used from many threads at once.

    Connections are kept per host, and closed first for hosts not asked for longest.
    Cookies live within one chain of redirects, between requests of one origin: enough for sites
    that set one and send the reader on to the same page. Nothing of them is kept.
    """

    def __init__(
        self, settings: Fetch, *, user_agent: str, note_certificate: NoteCertificate | None = None
    ) -> None:
        self._settings, self._note_certificate = settings, note_certificate
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": ACCEPT_ENCODING}
        # A file of the operator's is read now, so that a fault in it is told at the start.
        context = tls_context(str(settings.ca_file)) if settings.ca_file else None
        self._adapter = Adapter(
            lambda: context or tls_context(),
            hosts=max(KEPT_CONNECTIONS // settings.per_site, 1),
            per_host=settings.per_site,
            proxy=settings.proxy.get_secret_value() if settings.proxy else None,
        )
        self._outage = Outage(self._reach)

    def close(self) -> None:
        """Close the kept connections; those in use close when their exchange ends."""
        self._adapter.close()

    def watch(self, addresses: Iterable[str]) -> None:
        """Name some addresses by which a dead site is told from a dead network of our own."""
        for url in addresses:
            with suppress(Blocked):
                self._outage.seed([guard.read_url(url).origin])

    @property
    def is_down(self) -> bool:
        """Whether our own network is down, as far as the latest exchanges can tell."""
        return self._outage.is_down

    def fetch(self, request: Request) -> Response:
        """Return a 2xx answer, or a 304 where validators were sent; raises FetchError.

        Offline where no other site can be reached either.

        Validators go to the asked address alone, `request.headers` to its origin alone.
        A body on a kept connection that turns out to be dead is asked for again on a new one.
        """
        shown = guard.without_userinfo(request.url)
        chain = _Chain(guard.read_url(request.url))
        with self._exchange(shown, request.timeout_s) as exchange:
            try:
                with _translated(exchange):
                    response = self._follow(request, chain, exchange)
            except (NetworkError, TimedOut) as error:
                began = exchange.deadline - exchange.timeout_s
                if not exchange.reached and self._outage.explains(chain.target.origin, began):
                    raise Offline("our own network seems to be down", url=shown) from error
                raise
            except HttpStatus:
                self._outage.answered(chain.target.origin)
                raise
        self._outage.answered(chain.target.origin)
        return response

    def post(self, url: str, fields: Mapping[str, str], *, timeout_s: float) -> Response:
        """Post a form and return the 2xx answer, its body unread; raises FetchError.

        Redirects that keep the method are followed (307, 308; RFC 9110 §15.4.8), others refused.
        A connection that dies is not tried again: the form may have arrived.
        """
        form = urlencode(fields).encode()
        with (
            self._exchange(guard.without_userinfo(url), timeout_s) as exchange,
            _translated(exchange),
        ):
            return self._post(guard.read_url(url), form, exchange)

    def _post(self, target: guard.Target, form: bytes, exchange: Exchange) -> Response:
        for _ in range(MAX_REDIRECTS + 1):
            raw: HTTPResponse = self._adapter.open(Post(target, self._headers, form)).raw
            with closing(raw):
                location = raw.headers.get("location")
                if raw.status in {307, 308} and location is not None:
                    target = guard.follow(target, location)
                    continue
                if not 200 <= raw.status < 300:
                    raise _refusal(raw, exchange)
                headers = {name.lower(): raw.headers[name] for name in raw.headers}
                return Response(
                    target.url, raw.status, headers, b"", elapsed_s=exchange.elapsed_s()
                )
        raise HttpStatus("too many redirects", url=exchange.shown, status=raw.status)

    @contextmanager
    def _exchange(self, shown: str, timeout_s: float) -> Iterator[Exchange]:
        """Run what is within under the bounds of one exchange."""
        exchange = Exchange(
            shown=shown,
            host="",
            timeout_s=timeout_s,
            deadline=monotonic() + timeout_s,
            networks=self._settings.allow_networks,
            ports=self._settings.allow_ports,
            note_certificate=self._note_certificate,
        )
        token = RUNNING.set(exchange)
        try:
            yield exchange
        finally:
            RUNNING.reset(token)

    def _reach(self, origin: Origin) -> bool:
        """Return whether a connection to an origin, or to the proxy, can be made."""
        _, host, port = origin
        guarded = self._settings.proxy is None
        if self._settings.proxy is not None:
            proxy = parse_url(self._settings.proxy.get_secret_value())
            host, port = proxy.host or "", proxy.port or 80
        with self._exchange(host, PROBE_S) as exchange, suppress(FetchError, OSError):
            dial(host, port, guarded=guarded).close()
        return exchange.reached

    def _follow(self, request: Request, chain: "_Chain", exchange: Exchange) -> Response:
        """Ask, and follow redirects until there is an answer; their bodies are never read."""
        for _ in range(MAX_REDIRECTS + 1):
            raw = self._open(Get(chain.target, self._headers_for(request, chain)), exchange)
            with closing(raw):
                location = raw.headers.get("location")
                if raw.status not in _REDIRECTS or location is None:
                    return _answer(request, chain, raw, exchange)
                chain.go(raw, location)
        raise HttpStatus("too many redirects", url=exchange.shown, status=raw.status)

    def _open(self, get: Get, exchange: Exchange) -> HTTPResponse:
        """Send a request; where a kept connection was dead, again (RFC 9110 §9.2.2).

        Each turn uses up a kept connection, so the turns end.
        """
        while True:
            try:
                response = self._adapter.open(get)
            except requests.ConnectionError:
                if exchange.dialled or exchange.answered:
                    raise
            else:
                raw: HTTPResponse = response.raw
                return raw

    def _headers_for(self, request: Request, chain: "_Chain") -> dict[str, str]:
        headers = {**self._headers, "Accept": request.accept}
        if chain.is_asked_address:
            headers |= _conditions(request)
        if cookies := chain.cookies():
            headers["Cookie"] = cookies
        if request.headers and chain.is_asked_origin:
            headers = _merged(headers, request)
        return headers


class _Chain:
    """Where a chain of redirects stands, and what it may not come back to."""

    def __init__(self, asked: guard.Target) -> None:
        self.asked = self.target = asked
        self.permanent_url: str | None = None
        self._permanent = True
        self._cookies: dict[tuple[str, str, int], dict[str, str]] = {}
        self._seen = {(asked.url, "")}

    @property
    def is_asked_address(self) -> bool:
        return self.target.url == self.asked.url

    @property
    def is_asked_origin(self) -> bool:
        return self.target.origin == self.asked.origin

    def cookies(self) -> str:
        """Return the Cookie header for the current address; empty where there is nothing."""
        return "; ".join(
            f"{name}={value}" for name, value in self._cookies.get(self.target.origin, {}).items()
        )

    def go(self, raw: HTTPResponse, location: str) -> None:
        """Take a redirect; raises HttpStatus where it leads back to what was asked already."""
        self._keep_cookies(raw.headers.getlist("set-cookie"))
        self.target = guard.follow(self.target, location)
        self._permanent = self._permanent and raw.status in _PERMANENT
        if self._permanent:
            self.permanent_url = self.target.url
        state = (self.target.url, self.cookies())
        if state in self._seen:
            shown = guard.without_userinfo(self.asked.url)
            raise HttpStatus("the redirects go round in circles", url=shown, status=raw.status)
        self._seen.add(state)

    def _keep_cookies(self, given: list[str]) -> None:
        """Keep name and value; domain, path and age don't matter within one chain."""
        mine = self._cookies.setdefault(self.target.origin, {})
        for line in given[:MAX_COOKIES]:
            name, _, value = line.partition(";")[0].partition("=")
            pair = f"{name}{value}"
            if len(pair) <= MAX_VALUE and _HEADER_VALUE.fullmatch(pair) and len(mine) < MAX_COOKIES:
                mine[name.strip()] = value.strip()


def _answer(request: Request, chain: _Chain, raw: HTTPResponse, exchange: Exchange) -> Response:
    """Return what an answer that is no redirect came to; raises HttpStatus and TooLarge."""
    if raw.status == 304 and chain.is_asked_address and _conditions(request):
        body = b""
        if not raw.chunked:  # one that announces chunks would be waited for; it is just closed
            raw.drain_conn()
    elif 200 <= raw.status < 300:
        body = _body(request, raw, exchange)
    else:
        raise _refusal(raw, exchange)
    return Response(
        url=chain.target.url,
        status=raw.status,
        headers={name.lower(): raw.headers[name] for name in raw.headers},
        body=body,
        permanent_url=chain.permanent_url,
        elapsed_s=exchange.elapsed_s(),
        address=exchange.address,
    )


def _body(request: Request, raw: HTTPResponse, exchange: Exchange) -> bytes:
    """Read the body, decoded, within the request's bytes and the exchange's time."""
    encoding = raw.headers.get("content-encoding", "")
    # Framing in tiny chunks may double a body on the wire; packing makes it smaller as a rule.
    exchange.bytes_left = 2 * request.max_bytes + HEAD_BYTES
    announced = raw.length_remaining or 0
    if announced > (exchange.bytes_left if encoding else request.max_bytes):
        raise TooLarge(f"the answer has {announced} bytes, more than allowed", url=exchange.shown)
    body = BytesIO()
    chunks = raw.stream(decode.PIECE, decode_content=False)
    for piece in decode.unpack(chunks, encoding, request.max_bytes):
        body.write(piece)
    return body.getvalue()


def _refusal(raw: HTTPResponse, exchange: Exchange) -> HttpStatus:
    try:
        phrase = f" {HTTPStatus(raw.status).phrase}"
    except ValueError:
        phrase = ""
    return HttpStatus(
        f"{exchange.host} answered {raw.status}{phrase}",
        url=exchange.shown,
        status=raw.status,
        retry_after_s=retry_after(raw.headers.get("retry-after"), datetime.now(UTC)),
    )


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most a day (RFC 9110 §10.2.3).

    None where there is none or it cannot be read; 0 for a date that has passed.
    """
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), RETRY_AFTER_MAX_S)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for years of twenty digits
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), RETRY_AFTER_MAX_S)


def _conditions(request: Request) -> dict[str, str]:
    """Return the headers that make a request conditional (RFC 9110 §13.1), to the letter."""
    validators = request.validators
    given = {
        "If-None-Match": validators.etag,
        "If-Modified-Since": validators.last_modified,
    }
    return {
        name: value
        for name, value in given.items()
        if value and len(value) <= MAX_VALUE and _HEADER_VALUE.fullmatch(value)
    }


def _merged(headers: Mapping[str, str], request: Request) -> dict[str, str]:
    """Return the headers with the request's own, which win; raises Blocked for a broken one.

    The value is never named: it may be a secret.
    """
    own = dict(request.headers)
    for name, value in own.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            shown = guard.without_userinfo(request.url)
            raise Blocked(f"the header {name!r} cannot be sent", url=shown)
    names = {name.lower() for name in own}
    return {name: value for name, value in headers.items() if name.lower() not in names} | own


@contextmanager
def _translated(exchange: Exchange) -> Iterator[None]:
    """Turn what requests, urllib3 and the decoders raise into errors of ours."""
    try:
        yield
    except FetchError:
        raise
    except decode.TooMuch as error:
        raise TooLarge("the answer unpacks to more than allowed", url=exchange.shown) from error
    except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
        if monotonic() >= exchange.deadline:
            raise exchange.timed_out() from error
        raise NetworkError(_sentence(error, exchange.host), url=exchange.shown) from error


def _sentence(error: BaseException, host: str) -> str:
    """Say in one sentence what went wrong with a host."""
    root = _root(error)
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not trusted: {root.verify_message}"
    reason = (isinstance(root, OSError) and root.strerror) or str(root) or type(root).__name__
    printable = "".join(char if char.isprintable() else " " for char in reason[:200])
    return f"the exchange with {host} failed: {printable}"


def _root(error: BaseException) -> BaseException:
    """Return the innermost error that requests and urllib3 have wrapped."""
    inner = getattr(error, "reason", None) or (error.args[-1] if error.args else None)
    return _root(inner) if isinstance(inner, BaseException) and inner is not error else error
