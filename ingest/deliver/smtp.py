"""The mail channel: one message per delivery over SMTP, each recipient's answer remembered."""

import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.message import EmailMessage
from threading import Lock, Timer
from typing import Any

from ingest.alerts.render import mail
from ingest.alerts.retry import settled
from ingest.alerts.settings import address
from ingest.alerts.tidy import line
from ingest.deliver.deadline import Deadline
from ingest.deliver.reason import reason
from ingest.deliver.settings import EmailConfig, SmtpConfig
from ingest.deliver.tls import NoteCertificate, tls_context, unnoted
from ingest.errors import DeliveryError
from ingest.model import Delivery

KEEP_OPEN_S = 5.0
"""A run of mails shares a connection; Postfix itself caches its own for two seconds."""
GOODBYE_S = 1.0
PATIENCE_S = 0.5
"""Who stops the program does not wait for a mail that is just being handed over."""
CLOSING = 421
SERVED, REFUSED = "served", "refused"

Reply = tuple[int, bytes]


class Mail:
    """One mail channel; threads take turns.

    The connection stays open for a few seconds, so that a run of mails shares it.
    """

    def __init__(
        self,
        config: EmailConfig,
        *,
        base_url: str | None = None,
        tls: ssl.SSLContext | None = None,
        note: NoteCertificate = unnoted,
    ) -> None:
        self._config, self._base_url, self._tls = config, base_url, tls or tls_context()
        self._note = note
        self._recipients = tuple(map(address, config.to))
        self._sender = address(config.sender or f"ingest@{self._recipients[0].domain}")
        self._lock = Lock()
        self._smtp: _Smtp | None = None
        self._idle: Timer | None = None

    def send(self, delivery: Delivery) -> None:
        """Hand a mail to the server for every recipient who has not answered for good yet.

        Raises DeliveryError naming who did not take it; its `recipients` holds who is served and
        who refused (a 5xx), so that the next attempt asks neither again. It is permanent when
        nobody is left to ask. Trouble with the server itself (connection, TLS, log-in) is
        never permanent: it waits for the operator.
        """
        message = mail(
            delivery,
            sender=self._sender,
            recipients=self._recipients,
            base_url=self._base_url,
        )
        everyone = [box.addr_spec for box in self._recipients]
        before = settled(delivery)
        due = [each for each in dict.fromkeys(everyone) if each not in before]
        with self._lock:
            replies = self._hand_over(message, due) if due else {}
        _judge(everyone, replies, before)

    def close(self) -> None:
        """Say goodbye on the connection that may still be open; one in use is left alone."""
        if not self._lock.acquire(timeout=PATIENCE_S):
            return
        try:
            self._say_goodbye()
        finally:
            self._lock.release()

    def _say_goodbye(self) -> None:
        with Deadline(GOODBYE_S) as deadline:
            if self._idle:
                self._idle.cancel()
            if self._smtp and self._smtp.sock:
                deadline.watch(self._smtp.sock)
                with suppress(smtplib.SMTPException, OSError):
                    self._smtp.quit()
            self._hang_up()

    def _hand_over(self, message: EmailMessage, due: Sequence[str]) -> Mapping[str, Reply]:
        """Return the server's final answer for each recipient."""
        smtp = self._config.smtp
        if self._idle:
            self._idle.cancel()
        with Deadline(smtp.timeout.total_seconds()) as deadline:
            try:
                used = self._smtp
                connection = self._connection(deadline)
                replies = _transfer(connection, self._sender.addr_spec, due, message.as_bytes())
                if connection is used and _is_closing(replies):
                    # it takes so many mails in a connection, and none of this one
                    self._hang_up()
                    connection = self._connection(deadline)
                    replies = _transfer(connection, self._sender.addr_spec, due, message.as_bytes())
            except (smtplib.SMTPException, OSError, ValueError) as error:
                self._hang_up()
                said = "timed out" if deadline.passed else _said(error)
                raise DeliveryError(f"mail server {smtp.host}: {said}") from error
        self._smtp = connection
        self._idle = Timer(KEEP_OPEN_S, self.close)
        self._idle.daemon = True
        self._idle.start()
        return replies

    def _connection(self, deadline: Deadline) -> "_Smtp":
        """Return the open connection if it still answers, else a new one."""
        if self._smtp and self._smtp.sock:
            deadline.watch(self._smtp.sock)
            # closed by the server in the meantime: nothing was under way
            with suppress(smtplib.SMTPException, OSError):
                if self._smtp.rset()[0] == 250:
                    return self._smtp
            self._hang_up()
        self._smtp = _Smtp(self._config.smtp, self._sender.domain, deadline, self._tls)
        self._smtp.open()
        if isinstance(self._smtp.sock, ssl.SSLSocket):
            self._note(self._config.smtp.host, self._smtp.sock.getpeercert() or {})
        return self._smtp

    def _hang_up(self) -> None:
        if self._smtp:
            self._smtp.close()
            self._smtp = None


class _Smtp(smtplib.SMTP):
    """A connection to the server, under a deadline from its first byte."""

    def __init__(
        self, config: SmtpConfig, helo: str, deadline: Deadline, tls: ssl.SSLContext
    ) -> None:
        self._config, self._deadline, self._tls = config, deadline, tls
        # The sender's domain as EHLO name: looking up our own can take the resolver many seconds.
        super().__init__(local_hostname=helo, timeout=config.timeout.total_seconds())

    def open(self) -> None:
        """Connect, encrypt and log in; an encryption that is wanted and not had is an error."""
        config = self._config
        self._host = config.host  # what starttls checks the certificate against
        code, text = self.connect(config.host, config.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        self.ehlo_or_helo_if_needed()
        if config.encryption == "starttls":
            self.starttls(context=self._tls)
            self.ehlo_or_helo_if_needed()
        if config.username is not None and config.password is not None:
            self.login(config.username, config.password.get_secret_value())

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        sock = socket.create_connection((host, port), timeout)
        self._deadline.watch(sock)
        if self._config.encryption != "tls":
            return sock
        try:
            return self._tls.wrap_socket(sock, server_hostname=host)
        except OSError:
            sock.close()
            raise


def _transfer(
    smtp: smtplib.SMTP, sender: str, due: Sequence[str], content: bytes
) -> Mapping[str, Reply]:
    """Offer a message to the recipients, once, and return the final answer for each.

    An answer to the sender or to the message as a whole is an answer for each recipient.
    """
    sizes = [f"size={len(content)}"] if smtp.has_extn("size") else []
    reply = smtp.mail(sender, sizes)
    if reply[0] != 250:
        return dict.fromkeys(due, reply)
    replies = {recipient: smtp.rcpt(recipient) for recipient in due}
    willing = [recipient for recipient, (code, _) in replies.items() if code in (250, 251)]
    if willing:
        replies |= dict.fromkeys(willing, _send_content(smtp, content))
    return replies


def _is_closing(replies: Mapping[str, Reply]) -> bool:
    """Return whether the server refused all because it closes the connection (RFC 5321 §3.8)."""
    return all(code == CLOSING for code, _ in replies.values())


def _send_content(smtp: smtplib.SMTP, content: bytes) -> Reply:
    """Return the answer to the message itself."""
    try:
        return smtp.data(content)
    except smtplib.SMTPDataError as error:
        if error.smtp_code < 400:  # a 250 to DATA itself: nothing was sent, so nothing was taken
            raise
        return error.smtp_code, _bytes(error.smtp_error)


def _judge(
    everyone: Sequence[str], replies: Mapping[str, Reply], before: Mapping[str, str]
) -> None:
    """Raise DeliveryError unless everyone has the mail now."""
    now = {recipient: said for recipient, reply in replies.items() if (said := _verdict(reply))}
    state = {**before, **now}
    missing = [each for each in dict.fromkeys(everyone) if state.get(each) != SERVED]
    if not missing:
        return
    reasons = "; ".join(f"{each}: {_words(replies.get(each))}" for each in missing)
    permanent = all(state.get(each) == REFUSED for each in missing)
    raise DeliveryError(f"not taken by {reasons}", permanent=permanent, recipients=now)


def _verdict(reply: Reply) -> str | None:
    """Return whether a recipient is served or refused; None to ask again (RFC 5321 §4.2.1)."""
    code = reply[0]
    if code == 250:
        return SERVED
    return REFUSED if 500 <= code < 600 else None


def _words(reply: Reply | None) -> str:
    if reply is None:
        return "refused before"
    return line(f"{reply[0]} {reply[1].decode('utf-8', 'replace')}", 150)


def _said(error: BaseException) -> str:
    """Return what went wrong with the server in a few words, never what we said to it."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"log-in refused ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPResponseException):
        return _words((error.smtp_code, _bytes(error.smtp_error)))
    if isinstance(error, smtplib.SMTPException):
        return line(str(error), 150)
    if isinstance(error, OSError):
        return reason(error)
    return "answered nonsense"  # a ValueError: smtplib lets those of base64 through


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
