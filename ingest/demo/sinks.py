"""Where the demo's alerts arrive: a mail server and a webhook receiver on loopback, keeping what comes."""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAX_MAIL = 5_000_000


class _SmtpSession(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client that delivers mail needs."""

    def handle(self) -> None:
        """Greet, take mails, say goodbye."""
        assert isinstance(self.server, MailSink)
        self._say("220 demo ready")
        while line := self.rfile.readline(2000):
            verb = line[:4].upper().decode("ascii", "replace")
            if verb in ("EHLO", "HELO"):
                self._say("250-demo\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif verb == "DATA":
                self._say("354 go on")
                self.server.mails.append(self._read())
                self._say("250 kept")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _read(self) -> EmailMessage:
        lines, size = [], 0
        while (line := self.rfile.readline()) not in (b".\r\n", b"") and size < MAX_MAIL:
            lines.append(line[1:] if line.startswith(b"..") else line)
            size += len(line)
        return message_from_bytes(b"".join(lines), policy=policy.default)


class MailSink(socketserver.ThreadingTCPServer):
    """A mail server that keeps every mail in `mails`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SmtpSession)
        self.mails: list[EmailMessage] = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


@dataclass(frozen=True)
class Hook:
    """One webhook as received."""

    headers: dict[str, str]
    body: dict[str, Any]
    signed: bool
    """Whether its signature is the one that the shared secret gives."""


class _HookSession(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Check the signature, keep the message, answer 204."""
        assert isinstance(self.server, HookSink)
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), MAX_MAIL))
        headers = {name.lower(): value for name, value in self.headers.items()}
        signed = self.server.signature(headers, body) in headers.get("webhook-signature", "")
        self.server.hooks.append(Hook(headers, json.loads(body), signed))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal for the demo."""


class HookSink(ThreadingHTTPServer):
    """A webhook receiver that keeps every message in `hooks`."""

    def __init__(self, secret: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _HookSession)
        self._secret = secret
        self.hooks: list[Hook] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def signature(self, headers: dict[str, str], body: bytes) -> str:
        """Return what the sender must have signed with (Standard Webhooks, symmetric signatures)."""
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
        digest = hmac.new(self._secret, signed, hashlib.sha256).digest()
        return "v1," + base64.b64encode(digest).decode()
