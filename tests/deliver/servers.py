"""A real mail server on loopback with moods, and the odd ones that misbehave."""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.fetch.hostile import CERTS

PASSWORD = "correct horse"  # one that no test may find in an error


@dataclass
class Postbox:
    """An aiosmtpd handler that keeps mails and answers as it is told."""

    rcpt: dict[str, str] = field(default_factory=dict)
    """Answers to recipients; the others are taken."""
    sender: str = "250 OK"
    data: str = "250 kept"
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    """Who got what, in order."""
    asked: list[str] = field(default_factory=list)
    """Recipients named to the server, in order."""
    encrypted: bool = False
    user: bytes | None = None
    hello: str | None = None

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, options: list[str]
    ) -> str:
        self.encrypted = session.ssl is not None
        self.hello = session.host_name
        if self.sender.startswith("250"):
            envelope.mail_from = name
        return self.sender

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, options: list[str]
    ) -> str:
        self.asked.append(name)
        answer = self.rcpt.get(name, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(name)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        if self.data.startswith("250"):
            mail = message_from_bytes(content, policy=policy.default)
            self.mails.append((list(envelope.rcpt_tos), mail))
        return self.data

    def login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        """Let the one user in."""
        assert isinstance(data, LoginPassword)
        self.user = data.login
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


class _Server(Controller):
    """A server on a port of the system's choice."""

    def _trigger_server(self) -> None:
        """Note the port before the controller makes its first connection."""
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(postbox: Postbox, security: str = "none", *, login: bool = False) -> Iterator[int]:
    """Run a server and give its port; `security` as in the configuration."""
    controller = _Server(
        postbox,
        hostname="127.0.0.1",
        port=0,
        ssl_context=server_tls() if security == "tls" else None,
        tls_context=server_tls() if security == "starttls" else None,
        require_starttls=security == "starttls",
        auth_required=login,
        authenticator=postbox.login if login else None,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def server_tls() -> ssl.SSLContext:
    """Return the context of a server called localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "localhost.pem")
    return context


def trusting() -> ssl.SSLContext:
    """Return a client's context that trusts the root of these tests."""
    return ssl.create_default_context(cafile=CERTS / "root.pem")


def speaking(
    answers: Mapping[bytes, bytes], greeting: bytes = b"220 hi\r\n"
) -> Callable[[socket.socket], None]:
    """Return a script that answers each SMTP command by its first word; closes on an unknown one."""

    def script(sock: socket.socket) -> None:
        with sock.makefile("rwb", buffering=0) as stream:
            stream.write(greeting)
            while line := stream.readline():
                word = line.split()[0].upper()
                if word not in answers:
                    return
                stream.write(answers[word])

    return script


def keeping(mails: int, then: bytes = b"") -> Callable[[socket.socket], None]:
    """Return a script that takes so many mails in a connection and closes it.

    What it says `then`, where it says anything, is its answer to the sender of the next.
    """

    def script(sock: socket.socket) -> None:
        with sock.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 hi\r\n")
            for _ in range(mails):
                while not (line := stream.readline()).upper().startswith(b"DATA"):
                    if not line:
                        return
                    stream.write(b"250 ok\r\n")
                stream.write(b"354 go on\r\n")
                while stream.readline() not in (b".\r\n", b""):
                    pass
                stream.write(b"250 kept\r\n")
            while then and (line := stream.readline()):
                stream.write(then if line.upper().startswith(b"MAIL") else b"250 ok\r\n")
                if line.upper().startswith(b"MAIL"):
                    return

    return script


def take_post(sock: socket.socket) -> bytes:
    """Read a POST whole and return its body."""
    with sock.makefile("rb") as stream:
        length = 0
        while (line := stream.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return stream.read(length)
