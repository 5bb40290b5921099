"""Mail, handed to real servers on loopback."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.deliver.settings import EmailConfig, SmtpConfig
from ingest.deliver.smtp import Mail
from ingest.errors import DeliveryError
from ingest.jobs.certificates import Certificates
from ingest.model import DeliveryState
from tests.alerts.samples import TITLE, data, delivery
from tests.deliver.servers import PASSWORD, Postbox, keeping, mail_server, speaking, trusting
from tests.fetch.hostile import Hostile

HELLO = {b"EHLO": b"250 me\r\n", b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n"}


def settings(port: int, *to: str, **smtp: Any) -> EmailConfig:
    return EmailConfig.model_validate(
        {
            "kind": "email",
            "to": to or ("desk@example.org",),
            "from": "Ingest <ingest@example.org>",
            "smtp": {"host": "127.0.0.1", "port": port, "timeout": "5s", **smtp},
        }
    )


@contextmanager
def channel(port: int, *to: str, **smtp: Any) -> Iterator[Mail]:
    mail = Mail(settings(port, *to, **smtp), tls=trusting())
    try:
        yield mail
    finally:
        mail.close()


def port_of(server: Hostile) -> int:
    return int(server.url().rsplit(":", 1)[1].strip("/"))


def fails(mail: Mail, **changes: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        mail.send(replace(delivery(), **changes))
    return caught.value


def test_a_mail_arrives_as_it_was_written() -> None:
    box = Postbox()
    with mail_server(box) as port, channel(port) as mail:
        mail.send(delivery())

    ((recipients, message),) = box.mails
    assert recipients == ["desk@example.org"]
    assert message["Subject"] == f"[pier-closures] {TITLE}"
    assert message["Message-ID"] == f"<{delivery().id}@example.org>"
    assert box.hello == "example.org"


def test_every_recipient_gets_the_one_message() -> None:
    box = Postbox()
    with mail_server(box) as port, channel(port, "a@example.org", "Bö <b@bücher.example>") as mail:
        mail.send(delivery())

    ((recipients, message),) = box.mails
    assert recipients == ["a@example.org", "b@xn--bcher-kva.example"]
    assert [box.addr_spec for box in message["To"].addresses] == recipients


def test_mail_without_a_from_comes_from_the_recipients_own_domain() -> None:
    box = Postbox()
    with mail_server(box) as port:
        nobody = settings(port, "lead@example.net").model_copy(update={"sender": None})
        mail = Mail(nobody)
        mail.send(delivery())
        mail.close()

    ((_, message),) = box.mails
    assert message["From"].addresses[0].addr_spec == "ingest@example.net"


def test_a_line_of_a_single_dot_does_not_end_the_mail() -> None:
    box = Postbox()
    with mail_server(box) as port, channel(port) as mail:
        mail.send(delivery(content=data(summary=".", title=".")))

    assert "Sent automatically by ingest" in box.mails[0][1].as_string()


def test_a_run_of_mails_shares_a_connection() -> None:
    with Hostile(keeping(5)) as server, channel(port_of(server)) as mail:
        for _ in range(5):
            mail.send(delivery())

        assert server.connections == 1


def test_a_connection_the_server_closed_meanwhile_is_made_anew() -> None:
    with Hostile(keeping(1)) as server, channel(port_of(server)) as mail:
        for _ in range(3):
            mail.send(delivery())

        assert server.connections == 3


def test_a_server_that_takes_so_many_mails_in_a_connection_gets_the_rest_in_another() -> None:
    with Hostile(keeping(2, then=b"421 too many mails\r\n")) as server:
        with channel(port_of(server)) as mail:
            for _ in range(5):
                mail.send(delivery())

        assert server.connections == 3


def test_threads_take_turns() -> None:
    box = Postbox()
    with mail_server(box) as port, channel(port) as mail, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: mail.send(delivery()), range(12)))

    assert len(box.mails) == 12


# --- encryption and log-in ------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_encrypted(security: str) -> None:
    box = Postbox()
    with (
        mail_server(box, security) as port,
        channel(port, host="localhost", security=security) as mail,
    ):
        mail.send(delivery())

    assert len(box.mails) == 1
    assert box.encrypted or security == "tls"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_certificate_of_the_mail_server_is_noted(security: str) -> None:
    certificates = Certificates()
    with mail_server(Postbox(), security) as port:
        config = settings(port, host="localhost", security=security)
        mail = Mail(config, tls=trusting(), note=certificates.note)
        mail.send(delivery())
        mail.close()

    assert certificates.seen()["localhost"].until.year == 2126


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_untrusted_certificate_is_refused(security: str) -> None:
    box = Postbox()
    with mail_server(box, security) as port:
        mail = Mail(settings(port, host="localhost", security=security))
        error = fails(mail)

    assert not error.permanent
    assert "certificate" in str(error)
    assert not box.asked


def test_a_certificate_for_another_name_is_refused() -> None:
    with mail_server(Postbox(), "starttls") as port, channel(port, security="starttls") as mail:
        assert "IP address mismatch" in str(fails(mail))


def test_a_server_without_starttls_gets_no_mail_and_no_password() -> None:
    box = Postbox()
    with (
        mail_server(box) as port,
        channel(port, security="starttls", username="u", password=PASSWORD) as mail,
    ):
        error = fails(mail)

    assert "STARTTLS" in str(error)
    assert not error.permanent
    assert (box.asked, box.user) == ([], None)


def test_the_server_is_logged_in_to() -> None:
    box = Postbox()
    smtp = {"host": "localhost", "security": "starttls", "username": "u", "password": PASSWORD}
    with mail_server(box, "starttls", login=True) as port, channel(port, **smtp) as mail:
        mail.send(delivery())

    assert (box.user, len(box.mails)) == (b"u", 1)


def test_a_refused_log_in_is_tried_again_later_and_tells_no_secret() -> None:
    smtp = {"host": "localhost", "security": "starttls", "username": "u", "password": "wr0ng"}
    with mail_server(Postbox(), "starttls", login=True) as port, channel(port, **smtp) as mail:
        error = fails(mail)

    assert str(error) == "mail server localhost: log-in refused (535)"
    assert not error.permanent


def test_a_server_that_garbles_the_log_in_is_tried_again() -> None:
    script = speaking({b"EHLO": b"250-me\r\n250 AUTH CRAM-MD5\r\n", b"AUTH": b"334 x\r\n"})
    smtp = {"username": "u", "password": PASSWORD}
    with Hostile(script) as server, channel(port_of(server), **smtp) as mail:
        error = fails(mail)

    assert str(error) == "mail server 127.0.0.1: answered nonsense"
    assert not error.permanent


# --- answers --------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "permanent"), [("451 later", False), ("550 no such user", True)])
def test_a_refused_recipient_is_asked_again_or_not_by_the_code(code: str, permanent: bool) -> None:
    with (
        mail_server(Postbox(rcpt={"desk@example.org": code})) as port,
        channel(port) as mail,
    ):
        error = fails(mail)

    assert error.permanent is permanent
    assert str(error) == f"not taken by desk@example.org: {code}"


@pytest.mark.parametrize("part", ["sender", "data"])
@pytest.mark.parametrize(("code", "permanent"), [("452 full", False), ("554 spam", True)])
def test_a_refused_message_is_tried_again_or_not_by_the_code(
    part: str, code: str, permanent: bool
) -> None:
    box = Postbox(sender=code) if part == "sender" else Postbox(data=code)
    with mail_server(box) as port, channel(port) as mail:
        error = fails(mail)

    assert error.permanent is permanent
    assert code in str(error)


def test_those_served_are_not_served_again() -> None:
    box = Postbox(
        rcpt={"late@example.org": "450 greylisted", "gone@example.org": "550 no such user"}
    )
    people = ("desk@example.org", "late@example.org", "gone@example.org")
    with mail_server(box) as port, channel(port, *people) as mail:
        error = fails(mail)
        assert not error.permanent
        assert error.recipients == {"desk@example.org": "served", "gone@example.org": "refused"}

        box.asked.clear()
        box.rcpt["late@example.org"] = "250 OK"
        error = fails(mail, state=DeliveryState.RETRYING, recipients=error.recipients)

    assert box.asked == ["late@example.org"]
    assert error.permanent
    assert error.recipients == {"late@example.org": "served"}
    assert "gone@example.org" in str(error)
    assert [recipients for recipients, _ in box.mails] == [
        ["desk@example.org"],
        ["late@example.org"],
    ]


def test_a_dead_letter_made_due_again_goes_to_those_who_lack_it() -> None:
    box = Postbox(rcpt={"gone@example.org": "550 no such user"})
    with mail_server(box) as port, channel(port, "desk@example.org", "gone@example.org") as mail:
        error = fails(mail)
        box.rcpt.clear()
        mail.send(replace(delivery(), attempts=1, recipients=error.recipients))

    assert [recipients for recipients, _ in box.mails] == [
        ["desk@example.org"],
        ["gone@example.org"],
    ]


def test_a_message_refused_whole_leaves_a_greylisted_recipient_to_be_asked() -> None:
    box = Postbox(rcpt={"late@example.org": "450 greylisted"}, data="554 spam")
    with mail_server(box) as port, channel(port, "desk@example.org", "late@example.org") as mail:
        error = fails(mail)

    assert error.recipients == {"desk@example.org": "refused"}
    assert not error.permanent


# --- servers that misbehave -----------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        speaking({}, b""),
        speaking({}, b"554 go away\r\n"),
        speaking({}, b"no smtp at all\r\n"),
        speaking({}),
        speaking({b"EHLO": b"250 me\r\n"}),
        speaking(HELLO),
        speaking({**HELLO, b"DATA": b"354 go on\r\n", b".": b""}),
        speaking(
            {**HELLO, b"DATA": b"250 taken, and nothing was sent\r\n", b"RSET": b"250 ok\r\n"}
        ),
        speaking({b"EHLO": b"x" * 100_000}),
        speaking({b"EHLO": b"\xff\xfe\r\n", b"HELO": b"\x00\r\n"}),
        speaking({**HELLO, b"RCPT": b"421 closing\r\n"}),
    ],
    ids=[
        "silent",
        "refusing",
        "no-smtp",
        "closing-at-once",
        "closing-after-hello",
        "closing-at-data",
        "closing-after-data",
        "no-354",
        "endless-line",
        "garbage",
        "shutting-down",
    ],
)
def test_a_server_that_breaks_off_is_tried_again(script: Any) -> None:
    with Hostile(script) as server, channel(port_of(server), timeout="1s") as mail:
        error = fails(mail)

    assert not error.permanent
    assert not error.recipients


@pytest.mark.parametrize("drops", [b"2", b"250-more\r\n"], ids=["a byte", "a line"])
def test_a_server_that_drips_is_left_at_the_deadline(drops: bytes) -> None:
    def drip(sock: Any) -> None:
        while True:
            sock.sendall(drops)
            sleep(0.05)

    start = monotonic()
    with Hostile(drip) as server, channel(port_of(server), timeout="400ms") as mail:
        error = fails(mail)

    assert monotonic() - start < 3
    assert str(error) == "mail server 127.0.0.1: timed out"


def test_nobody_listening_is_said_in_plain_words() -> None:
    with Hostile(speaking({})) as server:
        port = port_of(server)
    with channel(port) as mail:
        assert str(fails(mail)) == "mail server 127.0.0.1: Connection refused"


# --- settings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("smtp", "encryption"),
    [
        ({"host": "mail.example.org"}, "starttls"),
        ({"host": "mail.example.org", "port": 25}, "starttls"),
        ({"host": "mail.example.org", "port": 465}, "tls"),
        ({"host": "localhost", "port": 25}, "none"),
        ({"host": "localhost", "port": 25, "security": "starttls"}, "starttls"),
        ({"host": "mail.example.org", "security": "none"}, "none"),
    ],
)
def test_mail_is_encrypted_unless_it_stays_on_the_machine(
    smtp: dict[str, Any], encryption: str
) -> None:
    assert SmtpConfig.model_validate(smtp).encryption == encryption


@pytest.mark.parametrize(
    ("smtp", "fault"),
    [
        ({"security": "none", "username": "u", "password": PASSWORD}, "a password needs security"),
        ({"username": "u"}, "go together"),
        ({"password": PASSWORD}, "go together"),
        ({"username": "u", "password": "pässword"}, "ASCII"),
        ({"security": "ssl"}, "starttls"),
        ({"timeout": "0s"}, "greater than 0"),
    ],
)
def test_faulty_settings_are_named_without_their_secrets(smtp: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(fault)) as caught:
        SmtpConfig.model_validate({"host": "mail.example.org", **smtp})

    assert PASSWORD not in str(caught.value)
    assert "pässword" not in str(caught.value)


def test_secrets_are_not_shown_with_the_settings() -> None:
    config = settings(25, username="u", password=PASSWORD)

    assert PASSWORD not in repr(config)
    assert PASSWORD not in config.model_dump_json()


@pytest.mark.parametrize("to", [[], ["nobody"], "desk@example.org"])
def test_a_channel_without_a_proper_recipient_is_refused(to: object) -> None:
    with pytest.raises(ValidationError, match="to"):
        EmailConfig.model_validate(
            {"kind": "email", "to": to, "from": "a@example.org", "smtp": {"host": "x"}}
        )
