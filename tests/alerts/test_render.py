"""How a message reads as a mail and as a webhook's body."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts import chart, compose, render
from ingest.alerts.settings import address
from ingest.alerts.surge import Surge
from ingest.model import Delivery
from tests.alerts.samples import EARLIER, NOW, RULE, STORY, TITLE, data, delivery

SENDER = address("Ingest <ingest@example.org>")
DESK = (address("desk@example.org"),)
GOLDEN = Path(__file__).parent / "golden"
CAMPAIGN = "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{POP DIRECTIONAL FORMATTING}"
HEALTH = {
    "condition": "not fetched for a day",
    "subject": "Coast Courier",
    "since": "2026-03-01T08:00:00Z",
    "detail": "The last answer was 503.",
    "advice": "Look at https://coast.example/feed in a browser.",
}
MANY = {
    "condition": "feed failing",
    "subject": "37 feeds",
    "since": "2026-03-01T08:00:00Z",
    "detail": "",
    "advice": "`ingest feeds list --state failing` shows them.",
    "subjects": [
        {
            "subject": f"Outlet {number}",
            "since": "2026-03-01T08:00:00Z",
            "detail": "9 checks in a row have failed; the last: coast.example answered 503",
        }
        for number in range(37)
    ],
}
FOLDED = {
    "alerts": [data(title=f"Harbour report {number}") for number in range(38)],
    "reason": "rate until 2026-03-02T09:15Z",
}
COUNTS = (2, 3, 1, 4, 7, 3, 2, 1, 0, 0, 2, 3, 4, 6, 5, 3, 2, 1, 0, 2, 3, 8, 17, 31)
SURGE = compose.surge_data(RULE, Surge(31, 4.0, timedelta(hours=2), COUNTS), STORY.sources)
UPDATED = {
    **data(),
    "update": {"why": "more_outlets", "detail": "now told by 10 outlets"},
}
DIGEST = {"alerts": [data(), data(title="A second headline", url=None)]}


def parsed(sent: Delivery, *, to: tuple[Any, ...] = DESK) -> EmailMessage:
    """Return a mail as a reader's program would see it after transport."""
    content = render.mail(sent, sender=SENDER, recipients=to).as_bytes()
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    return message_from_bytes(content, policy=policy.default)


def bodies(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return tuple(part.get_content().replace("\r\n", "\n") for part in (text, html))


class Page(HTMLParser):
    """What stands in a page: elements, attributes, and the text a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> set[str | None]:
        return {value for name, value in self.attributes if name == "href"}


# --- headers --------------------------------------------------------------------------------


def test_the_headers_of_an_alert() -> None:
    mail = parsed(delivery())

    assert mail["From"] == "Ingest <ingest@example.org>"
    assert mail["To"] == "desk@example.org"
    assert mail["Subject"] == f"[pier-closures] {TITLE}"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == "<dlv_00000000000000000000000000000001@example.org>"
    assert mail["List-ID"] == "<pier-closures.rules.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"


def test_every_attempt_sends_the_same_bytes() -> None:
    mails = [render.mail(delivery(), sender=SENDER, recipients=DESK) for _ in range(2)]

    assert mails[0].as_bytes() == mails[1].as_bytes()


def test_mails_about_one_story_share_a_thread_whatever_the_rule() -> None:
    first = parsed(delivery())
    other = parsed(delivery("alert.updated", {**data(), "rule": "ferries"}))

    assert first["References"] == first["In-Reply-To"] == other["References"]
    assert first["List-ID"] != other["List-ID"]


def test_stories_of_the_same_number_in_two_installations_do_not_share_a_thread() -> None:
    elsewhere = data()
    elsewhere["story"]["first_seen_at"] = "2025-01-01T00:00:00Z"

    assert parsed(delivery())["References"] != parsed(delivery(content=elsewhere))["References"]


def test_a_problem_and_its_end_share_a_thread() -> None:
    raised = parsed(delivery("health.raised", HEALTH))
    cleared = parsed(delivery("health.cleared", {**HEALTH, "detail": "Fetched again."}))

    assert raised["References"] == cleared["References"]


def test_an_update_keeps_the_subject_that_mail_programs_group_by() -> None:
    assert parsed(delivery("alert.updated"))["Subject"] == f"Re: [pier-closures] {TITLE}"


@pytest.mark.parametrize(
    ("type", "content", "subject"),
    [
        ("digest", DIGEST, "Digest: 2 alerts"),
        ("health.raised", HEALTH, "[health] Coast Courier: not fetched for a day"),
        ("health.cleared", HEALTH, "[health] Cleared: Coast Courier: not fetched for a day"),
        ("alert.surge", data(), f"[pier-closures] Surge: {TITLE}"),
        ("test", compose.example_data("desk", NOW), "[test] Test of the channel desk"),
        ("alert.created", {}, "[] (no title)"),
    ],
)
def test_each_kind_of_message_has_its_subject(
    type: str, content: Mapping[str, Any], subject: str
) -> None:
    assert parsed(delivery(type, content))["Subject"] == subject


def test_rules_that_differ_only_in_what_a_list_id_cannot_hold_have_different_ones() -> None:
    names = ["S 400", "s-400", "s_400", "С-400", "", "…"]

    ids = [parsed(delivery(content={**data(), "rule": name}))["List-ID"] for name in names]

    assert len(set(ids)) == len(names)
    assert all(re.fullmatch(r"<[a-z0-9-]+\.rules\.example\.org>", each) for each in ids)


@pytest.mark.parametrize(
    "title",
    [
        "Pier\r\nBcc: thief@example.net\r\n\r\n<b>hi",
        "Pier\x0bBcc: thief@example.net",
        "Pier\x1c\x85\u2028\u2029Bcc: thief@example.net",
        "Pier =?utf-8?q?=0D=0ABcc:_thief=40example.net?=",
        "Pier =?utf-8?b?DQpCY2M6IHRoaWVmQGV4YW1wbGUubmV0?=",
        f"Pier {CAMPAIGN}",
        "Pier \ud800\udfff",
        "Pier " + "х" * 5000,
        "Pier " + "=?" * 500,
    ],
    ids=ascii,
)
def test_no_title_gets_out_of_its_subject(title: str) -> None:
    mail = parsed(delivery(content=data(title=title)))

    assert sorted(set(mail.keys())) == sorted(set(parsed(delivery()).keys()))
    assert mail["Subject"].startswith("[pier-closures] Pier")
    assert len(mail["Subject"]) < 250
    assert not set(mail["Subject"]) & set("\r\n\x0b\x1c\x85\u2028\u202e\ud800")
    assert [str(part.get_content_type()) for part in mail.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


@given(st.text(alphabet='aé 北\u0301🚀,"<>@?=_()[]:;Ж-', max_size=150))
def test_a_subject_arrives_as_it_was_written(title: str) -> None:
    words = " ".join(title.split()) or "x"

    wanted = f"[pier-closures] {words}".replace("=?", "= ?")  # what would start an encoded word
    assert parsed(delivery(content=data(title=words)))["Subject"] == wanted


def test_names_beyond_ascii_and_international_domains_arrive_whole() -> None:
    people = (
        address("Åkerlund, Ines <ines@bücher.example>"),
        address('"Редакция (ночь); <дежурный>" <night@example.org>'),
        address("desk@" + "a" * 60 + "." + "b" * 60 + ".example.org"),
    )

    assert parsed(delivery(), to=people)["To"].addresses == people
    assert people[0].domain == "xn--bcher-kva.example"


def test_an_identifier_longer_than_a_line_stays_in_one_piece() -> None:
    sender = address("ingest@" + "a" * 60 + "." + "b" * 60 + ".example.org")

    content = render.mail(delivery(), sender=sender, recipients=DESK).as_bytes()

    for name in (b"Message-ID", b"In-Reply-To", b"References", b"List-ID"):
        assert re.search(rb"\r\n%s: <[^<> ]+%s>\r\n" % (name, sender.domain.encode()), content)


# --- bodies ---------------------------------------------------------------------------------


def test_passages_are_marked_and_sources_listed_in_both_parts() -> None:
    text, html = bodies(parsed(delivery()))
    page = Page(html)

    assert "struck it in fog" in text
    assert "north *pier* on Monday" in text
    assert re.search(r'<span class="mark"[^>]*>pier</span>', html)
    for source in ("Coast Courier", "Lindholm Daily", "Pier shut until the weekend"):
        assert source in text
        assert source in page.text
    assert page.links == {
        "https://coast.example/pier?edition=1&lang=en",
        "https://daily.example/7",
        "https://ingest.example/alerts/17",
    }


def test_a_mail_loads_nothing_from_anywhere() -> None:
    _, html = bodies(parsed(delivery()))
    page = Page(html)

    assert not page.tags & {"img", "link", "script", "iframe", "object", "video", "form", "svg"}
    assert {name for name, _ in page.attributes}.isdisjoint({"src", "background", "srcset"})
    assert not re.search(r"url\(|@import", html)


@pytest.mark.parametrize("field", ["title", "summary", "body", "authors", "language"])
def test_markup_in_an_article_stays_text(field: str) -> None:
    hostile = "pier <script>alert(1)</script><img src=x onerror=alert(1)>\"' {{ 7 * 7 }} &lt;"
    value = (hostile,) if field == "authors" else hostile

    text, html = bodies(parsed(delivery(content=data(**{field: value}))))
    page = Page(html)

    assert not page.tags & {"script", "img"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "49" not in text
    if field != "language":
        assert "<script>alert(1)</script>" in text
        assert "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://coast.example/ x",
        'https://coast.example/"onmouseover="alert(1)',
        "//coast.example/",
        "ftp://coast.example/",
        "",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    content = data(url=url)
    content["story"]["sources"][0]["url"] = content["explain_url"] = url

    text, html = bodies(parsed(delivery(content=content)))

    assert Page(html).links == {"https://daily.example/7"}
    assert "Why this alert" not in text


def test_direction_controls_do_not_turn_the_rest_around() -> None:
    content = data(title=f"pier {CAMPAIGN}", summary=CAMPAIGN, body=f"{CAMPAIGN} pier {CAMPAIGN}")

    assert all(
        "\N{RIGHT-TO-LEFT OVERRIDE}" not in part
        for part in bodies(parsed(delivery(content=content)))
    )


def test_a_story_of_many_sources_is_told_in_a_mail_of_bearable_size() -> None:
    content = data()
    content["story"]["sources"] *= 50

    mail = parsed(delivery(content=content))
    text, _ = bodies(mail)

    assert "Told by 100 sources" in text
    assert "and 75 more" in text
    assert len(mail.as_bytes()) < 102_000  # where Gmail cuts


def test_a_surge_says_how_many_against_how_many_usually() -> None:
    surge = {**data(), "count": 31, "usual": 4, "window": "2h"}

    for part in bodies(parsed(delivery("alert.surge", surge))):
        assert "31 in 2h, usually 4." in part


def test_a_surge_is_drawn_in_cells_of_a_table_and_in_a_line_of_text() -> None:
    text, html = bodies(parsed(delivery("alert.surge", SURGE)))

    assert chart.text(COUNTS) in text
    assert re.findall(r'class="(?:bar|now)" width="10" height="(\d+)"', html) == [
        str(height) for height in chart.heights(COUNTS)
    ]
    assert html.count('class="now"') == 1
    assert 'aria-label="2, 3, 1, ' in html


def test_many_feeds_out_of_order_are_each_named() -> None:
    for part in bodies(parsed(delivery("health.raised", MANY))):
        assert all(f"Outlet {number}" in part for number in range(37))


def test_the_installation_is_named_where_it_has_an_address() -> None:
    mail = render.mail(
        delivery(), sender=SENDER, recipients=DESK, base_url="https://ingest.example"
    )

    assert all("https://ingest.example" in part for part in bodies(mail))


@pytest.mark.parametrize("type", ["alert.created", "digest", "health.raised", "test", "odd"])
@pytest.mark.parametrize("content", [{}, {"story": None, "article": None}, {"alerts": [{}]}])
def test_a_payload_with_parts_missing_is_still_a_mail(type: str, content: dict[str, Any]) -> None:
    text, html = bodies(parsed(delivery(type, content)))

    assert "Sent automatically by ingest" in text
    assert "Sent automatically by ingest" in Page(html).text


@pytest.mark.parametrize(
    ("name", "type", "content"),
    [
        ("alert", "alert.created", data()),
        ("digest", "digest", DIGEST),
        ("folded", "digest", FOLDED),
        ("health", "health.raised", HEALTH),
        ("many", "health.raised", MANY),
        ("surge", "alert.surge", SURGE),
        ("updated", "alert.updated", UPDATED),
    ],
)
def test_mails_read_as_they_were_last_looked_at(
    name: str, type: str, content: dict[str, Any]
) -> None:
    """After looking at a change, INGEST_WRITE_GOLDEN=1 keeps it."""
    for kind, body in zip(("txt", "html"), bodies(parsed(delivery(type, content))), strict=True):
        file = GOLDEN / f"{name}.{kind}"
        if os.environ.get("INGEST_WRITE_GOLDEN"):
            file.write_text(body, encoding="utf-8")

        assert body == file.read_text(encoding="utf-8")


# --- webhook -----------------------------------------------------------------


def test_a_webhooks_body_is_the_payload_the_same_each_time() -> None:
    body = render.webhook_body(delivery())

    assert json.loads(body) == delivery().payload
    assert body == render.webhook_body(delivery())
    assert "Ines Åkerlund".encode() in body


def test_a_lone_surrogate_does_not_stop_a_webhook() -> None:
    assert b"pier ?" in render.webhook_body(delivery(content=data(title="pier \ud800")))


def test_the_date_is_that_of_the_message_not_of_the_attempt() -> None:
    late = replace(delivery(), attempts=12, created_at=EARLIER)

    assert parsed(late)["Date"].datetime == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


def test_what_a_rate_held_back_says_how_many_more_and_lists_them_all() -> None:
    mail = parsed(delivery("digest", FOLDED))

    assert mail["Subject"] == "[pier-closures] Harbour report 0, and 37 more stories"
    for part in bodies(mail):
        assert all(f"Harbour report {number}" in part for number in range(38))
        assert "And 18 more" in part


def test_an_update_says_what_is_new() -> None:
    for part in bodies(parsed(delivery("alert.updated", UPDATED))):
        assert "Now told by 10 outlets." in part


def test_a_mail_says_why_there_is_this_alert() -> None:
    for part in bodies(parsed(delivery())):
        assert "because the rule “pier-closures” matched: pier AND ferry." in part
        assert "Its place among the stories: new story." in part


def test_an_absence_has_a_headline_of_its_own() -> None:
    absent = compose.absence_data(RULE, timedelta(hours=25))

    mail = parsed(delivery("alert.absent", absent))
    assert mail["Subject"] == "[pier-closures] Absence: nothing for 25 hours"
    assert "(no title)" not in bodies(mail)[0]
