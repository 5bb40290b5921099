"""Connections held to an exchange's bounds: sockets, dialling, and the adapter requests sends by.

A socket asks the running exchange how long it may still wait before every single read, so the
deadline holds whatever the other side does, without a thread that watches. (Time limits of requests
and urllib3 are per read: a byte a second never trips them.)
"""

import logging
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from ingest.errors import Blocked, ConfigError, NetworkError, TimedOut, TooLarge
from ingest.fetch import guard

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 262_144
"""Most bytes before the body begins; Chromium's limit. http.client alone would take 6.5 MB."""

IDLE_S = 50.0
"""A connection unused for longer is not used again: common balancers forget it after 60 s."""

MAX_ADDRESSES = 4
"""Addresses of one host tried in one exchange."""

# It writes a warning with a traceback and the whole address, keys in the query included, for each
# answer with a malformed header; what matters of an exchange is in our errors.
logging.getLogger("urllib3").setLevel(logging.ERROR)

SockAddr = tuple[Any, ...]
Place = tuple[socket.AddressFamily, SockAddr]
NoteCertificate = Callable[[str, Mapping[str, object]], None]


@dataclass(slots=True)
class Exchange:
    """The bounds of one fetch, shared by every connection it uses; belongs to one thread."""

    shown: str
    """The address that was asked for, fit for messages."""
    host: str
    """Whom the current request goes to."""
    timeout_s: float
    deadline: float
    networks: Sequence[guard.Network] = ()
    ports: Sequence[int] = ()
    bytes_left: int = HEAD_BYTES
    dialled: bool = False
    """Whether the current request went out on a new connection."""
    answered: bool = False
    """Whether anything came back for the current request."""
    reached: bool = False
    """Whether any machine out there took a connection, or refused it."""
    address: str | None = None
    """The IP address that the current request went to; None through a proxy."""
    note_certificate: NoteCertificate | None = None
    """Told of the certificate that a new connection was shown, by host."""

    def begin(self, host: str) -> None:
        """Start another request of the exchange; time runs on."""
        self.host = host
        self.bytes_left, self.dialled, self.answered = HEAD_BYTES, False, False

    def seconds_left(self) -> float:
        """Return the time that is left; raises TimedOut when there is none."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise self.timed_out()
        return left

    def elapsed_s(self) -> float:
        """Return how long the exchange has been running."""
        return self.timeout_s - (self.deadline - monotonic())

    def spend(self, count: int) -> None:
        """Count bytes off the wire; raises TooLarge when there were too many."""
        self.answered = self.answered or count > 0
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooLarge("the answer is larger than allowed", url=self.shown)

    def timed_out(self) -> TimedOut:
        """Return the error that says so."""
        return TimedOut(f"no complete answer within {self.timeout_s:g} s", url=self.shown)


RUNNING: ContextVar[Exchange] = ContextVar("exchange")
"""The exchange that this thread is making."""


NEAR_ENOUGH = 0.02
"""A time limit this close to the one that stands, as a share of it, is not set anew: three system
calls for each request, in each of which threads wait for each other."""


def _differs(standing: float | None, wanted: float | None) -> bool:
    """Return whether a socket's time limit has to be set."""
    if standing is None or wanted is None:
        return standing is not wanted
    return abs(standing - wanted) > NEAR_ENOUGH * wanted


class _Socket(socket.socket):
    """A TCP socket whose reads end with the exchange, give or take `NEAR_ENOUGH`."""

    def settimeout(self, value: float | None) -> None:
        """Set the time limit where it differs."""
        if _differs(self.gettimeout(), value):
            super().settimeout(value)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        exchange = RUNNING.get()
        self.settimeout(exchange.seconds_left())
        try:
            count = super().recv_into(buffer, nbytes, flags)
        except TimeoutError as error:
            raise exchange.timed_out() from error
        exchange.spend(count)
        return count


class _TlsSocket(ssl.SSLSocket):
    """The same over TLS."""

    def settimeout(self, value: float | None) -> None:
        """Set the time limit where it differs."""
        if _differs(self.gettimeout(), value):
            super().settimeout(value)

    def recv_into(
        self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0
    ) -> int:
        exchange = RUNNING.get()
        self.settimeout(exchange.seconds_left())
        try:
            count = super().recv_into(buffer, nbytes, flags)
        except TimeoutError as error:
            raise exchange.timed_out() from error
        exchange.spend(count)
        return count


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Return the one TLS context of a client: the public roots, and `ca_file`'s.

    Raises ConfigError where `ca_file` cannot be read.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    try:
        if ca_file:
            context.load_verify_locations(cafile=ca_file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"no certificates in `fetch.ca_file` {ca_file}: {reason}") from error
    context.sslsocket_class = _TlsSocket
    return context


def dial(host: str, port: int, *, guarded: bool = True) -> socket.socket:
    """Connect to a host within the running exchange and return the socket.

    Looked up once; what is dialled is what was checked, so an answer that changes between check
    and use (DNS rebinding) gains nothing. Raises Blocked, TimedOut and NetworkError.
    """
    exchange = RUNNING.get()
    places = _lookup(host, port, exchange)
    if guarded:
        places = _permitted(places, port, exchange)
    trouble: OSError | None = None
    places = _by_turns(places)
    for number, place in enumerate(places):
        share = exchange.seconds_left() / (len(places) - number)
        try:
            sock = _connect(place, share, exchange)
        except OSError as error:
            trouble = error
            exchange.reached = exchange.reached or isinstance(error, ConnectionRefusedError)
        else:
            exchange.reached = True
            return sock
    exchange.seconds_left()
    reason = trouble.strerror if trouble and trouble.strerror else "no answer"
    raise NetworkError(f"cannot connect to {host}: {reason}", url=exchange.shown) from trouble


def _connect(place: Place, seconds: float, exchange: Exchange) -> socket.socket:
    family, address = place
    sock = _Socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(seconds)
        sock.connect(address)
        sock.settimeout(exchange.seconds_left())  # bounds the TLS handshake that may follow
    except BaseException:
        sock.close()
        raise
    return sock


def _lookup(host: str, port: int, exchange: Exchange) -> list[Place]:
    """Return the addresses of a host.

    A name is looked up in a thread of its own, because the C library gives up only after its own
    time (30 s and more with dead name servers) and cannot be interrupted.
    """
    if guard.literal(host) is not None:
        return _addresses(host, port)
    answers: queue.SimpleQueue[list[Place] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_addresses(host, port))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=ask, name="lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=exchange.seconds_left())
    except queue.Empty as error:
        raise exchange.timed_out() from error
    if isinstance(answer, OSError):
        raise NetworkError(
            f"cannot look up {host}: {answer.strerror}", url=exchange.shown
        ) from answer
    return answer


def _addresses(host: str, port: int) -> list[Place]:
    # Bytes, because text goes through the idna codec, which refuses some names with ValueError.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def _permitted(places: list[Place], port: int, exchange: Exchange) -> list[Place]:
    """Return the addresses that may be dialled; raises Blocked where none may."""
    kept, reason = [], "the host has no address"
    for place in places:
        address = ip_address(str(place[1][0]).partition("%")[0])
        refused = guard.check(address, exchange.networks) or guard.check_port(
            address, port, networks=exchange.networks, ports=exchange.ports
        )
        if refused is None:
            kept.append(place)
        else:
            reason = refused
    if not kept:
        raise Blocked(f"refused to connect: {reason}", url=exchange.shown)
    return kept


def _by_turns(places: list[Place]) -> list[Place]:
    """Return the first few addresses, families by turns, so that a dead IPv6 costs one try."""
    first = [place for place in places if place[0] == places[0][0]]
    other = [place for place in places if place[0] != places[0][0]]
    mixed: list[Place] = []
    for index in range(max(len(first), len(other))):
        mixed += first[index : index + 1] + other[index : index + 1]
    return mixed[:MAX_ADDRESSES]


class _Plain(HTTPConnection):
    """A connection that dials by the guard; one to the configured proxy needs no leave."""

    used_at = 0.0
    address: str | None = None

    def _new_conn(self) -> socket.socket:
        exchange = RUNNING.get()
        exchange.dialled = True
        sock = dial(self._dns_host, self.port, guarded=self.proxy is None)
        if self.proxy is None:
            self.address = exchange.address = str(sock.getpeername()[0])
        return sock

    def request(self, method: str, url: str, *args: Any, **options: Any) -> None:
        self.used_at = monotonic()
        RUNNING.get().address = self.address
        super().request(method, url, *args, **options)

    @property
    def is_connected(self) -> bool:
        """Whether a kept connection may be used again."""
        return monotonic() - self.used_at < IDLE_S and super().is_connected


class _Tls(_Plain, HTTPSConnection):
    """The same over TLS."""

    def connect(self) -> None:
        super().connect()
        exchange = RUNNING.get()
        if exchange.note_certificate and isinstance(self.sock, ssl.SSLSocket):
            exchange.note_certificate(exchange.host, self.sock.getpeercert() or {})


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class Get(requests.PreparedRequest):
    """A prepared GET, its address taken apart already by the guard and not parsed again."""

    def __init__(self, target: guard.Target, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.target = target
        self.method, self.url = "GET", target.url
        self.headers = dict(headers)  # type: ignore[assignment]  # only ever read as a mapping

    @property
    def path_url(self) -> str:
        """What goes into the request line."""
        return self.target.path


class Post(Get):
    """A prepared POST of a form."""

    def __init__(self, target: guard.Target, headers: Mapping[str, str], form: bytes) -> None:
        framing = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(form)),
        }
        super().__init__(target, {**headers, **framing})
        self.method, self.body = "POST", form


class Adapter(HTTPAdapter):
    """The way of requests to the wire, with one TLS context and without what a GET needs not.

    `tls` makes the context when the first connection wants it: reading the authorities takes long.
    Certificates are always verified against that context, whatever `verify` says: the option
    works by changing the context, which here all connections share.
    """

    def __init__(
        self,
        tls: Callable[[], ssl.SSLContext],
        *,
        hosts: int,
        per_host: int,
        proxy: str | None = None,
    ) -> None:
        self._tls, self._proxy, self._making = tls, proxy, threading.Lock()
        super().__init__(pool_connections=hosts, pool_maxsize=per_host)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        """Make the store of kept connections; the least recently used host goes first."""
        options |= {"num_pools": connections, "maxsize": maxsize}
        if self._proxy:
            headers = self.proxy_headers(self._proxy)
            self.poolmanager = ProxyManager(self._proxy, proxy_headers=headers, **options)
        else:
            self.poolmanager = PoolManager(**options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def open(self, get: Get) -> requests.Response:
        """Send a request within the running exchange; the body of the answer is not read yet."""
        exchange = RUNNING.get()
        exchange.begin(get.target.host)
        if self._proxy:
            _check_unresolved(get.target, exchange)
        return self.send(get, stream=True, timeout=exchange.seconds_left())

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection as it is: the shared context verifies."""

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        """Return the connections to the request's host."""
        assert isinstance(request, Get)
        scheme, host, port = request.target.origin
        if scheme == "https" or self._proxy:
            self._secure()
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(host, port, scheme)
        return pool

    def _secure(self) -> None:
        """Have all connections from now on use the one context."""
        options = self.poolmanager.connection_pool_kw
        with self._making:
            if "ssl_context" not in options:
                options["ssl_context"] = self._tls()

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return the request line's target: the whole address where a proxy forwards it."""
        assert isinstance(request, Get)
        target = request.target
        return target.url if self._proxy and target.scheme == "http" else target.path

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return the answer as far as it is used: no cookie jar is filled, no charset guessed."""
        response = requests.Response()
        response.status_code, response.raw, response.request = resp.status, resp, req
        return response


def _check_unresolved(target: guard.Target, exchange: Exchange) -> None:
    """Refuse what can be refused without looking the name up, which a proxy does for itself."""
    address = guard.literal(target.host)
    reason = guard.check(address, exchange.networks) if address else None
    reason = reason or guard.check_port(
        address, target.port, networks=exchange.networks, ports=exchange.ports
    )
    if reason:
        raise Blocked(f"refused to ask: {reason}", url=exchange.shown)
