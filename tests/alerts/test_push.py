"""Short messages: what each style shows, within the room that a service has, and harmless."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts import chart, compose
from ingest.alerts.push import Push, Room, Style, pushes
from ingest.alerts.surge import Surge
from tests.alerts.samples import NOW, RULE, STORY, TITLE, data, delivery
from tests.alerts.test_render import COUNTS, HEALTH, MANY

WIDE = Room(250, 3800)
URL = "https://coast.example/pier?edition=1&lang=en"


def push(type: str, content: Any, style: Style = Style.TEXT, room: Room = WIDE) -> Push:
    (only,) = pushes(delivery(type, content), style, room)
    return only


def folded(count: int) -> dict[str, Any]:
    alerts = [data(title=f"Harbour report {number}") for number in range(count)]
    return {"alerts": alerts, "reason": "rate until 2026-03-02T09:15Z"}


def test_plain_text_says_what_matched_and_where() -> None:
    found = push("alert.created", data())

    assert found.title == f"[pier-closures] {TITLE}"
    assert "closed the north pier on Monday" in found.body
    assert found.body.endswith(f"\nCoast Courier · Told by 2 sources\n{URL}")


def test_markdown_marks_what_matched_and_links_the_outlet() -> None:
    found = push("alert.created", data(), Style.MARKDOWN)

    assert "closed the north **pier** on Monday" in found.body
    assert found.body.endswith(f"[Coast Courier](<{URL}>) · Told by 2 sources")


def test_html_marks_what_matched_and_links_the_outlet() -> None:
    found = push("alert.created", data(), Style.HTML)

    assert "closed the north <b>pier</b> on Monday" in found.body
    assert (
        '<a href="https://coast.example/pier?edition=1&amp;lang=en">Coast Courier</a>' in found.body
    )
    assert set(re.findall(r"</?(\w+)", found.body)) == {"b", "a", "br"}


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        (Style.TEXT, "2 * 3 [x](y) `z` <b>pier</b> a_b"),
        (Style.MARKDOWN, r"2 \* 3 \[x\](y) \`z\` \<b\>**pier**\</b\> a\_b"),
        (Style.HTML, "2 * 3 [x](y) `z` &lt;b&gt;<b>pier</b>&lt;/b&gt; a_b"),
    ],
)
def test_markup_in_an_article_stays_text(style: Style, shown: str) -> None:
    content = data(body="2 * 3 [x](y) `z` <b>pier</b> a_b")

    assert push("alert.created", content, style).body.startswith(shown)


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize(
    "call", ["@everyone", "@here", "@Channel", "<!channel>", "<@1234>", "<#12>"]
)
def test_no_title_or_text_calls_on_everybody(call: str, style: Style) -> None:
    content = data(title=f"{call} pier", body=f"{call} pier ferry")
    digest = {"alerts": [content]}

    for found in (push("alert.created", content, style), push("digest", digest, style)):
        assert call not in found.title
        assert call not in found.body.replace("\\", "").replace("&lt;", "<").replace("&gt;", ">")


def test_an_address_cannot_break_out_of_its_link() -> None:
    content = data(url="https://coast.example/a)b(c*_'&d")
    found = push("alert.created", content, Style.MARKDOWN).body

    assert "(<https://coast.example/a)b(c*_'&d>)" in found
    assert '&#x27;&amp;d">' in push("alert.created", content, Style.HTML).body


def test_a_service_without_titles_has_it_as_the_first_line() -> None:
    text = push("alert.created", data(), Style.TEXT, Room(0, 3800))
    html = push("alert.created", data(title="A <b> & pier"), Style.HTML, Room(0, 3800))

    assert (text.title, html.title) == ("", "")
    assert text.body.startswith(f"[pier-closures] {TITLE}\n")
    assert html.body.startswith("<b>[pier-closures] A &lt;b&gt; &amp; pier</b><br/>")


def test_a_title_is_cut_to_what_the_service_takes() -> None:
    assert len(push("alert.created", data(), Style.TEXT, Room(60, 3800)).title) == 60


def test_an_alert_stays_short_and_keeps_its_link() -> None:
    found = push("alert.created", data(body="pier " + "word " * 90 + "\n\n" + "ferry " * 5000))

    assert len(found.body) <= 1000
    assert found.body.endswith("lang=en")


def test_a_digest_lists_all_of_it_in_as_few_messages_as_it_takes() -> None:
    found = pushes(delivery("digest", folded(38)), Style.MARKDOWN, Room(100, 2000))
    text = "\n".join(each.body for each in found)

    assert all(f"Harbour report {number}]" in text for number in range(38))
    assert 1 < len(found) < 5
    assert (
        found[0].title == f"[pier-closures] Harbour report 0, and 37 more stories (1/{len(found)})"
    )
    assert all(len(each.body.encode()) <= 2000 for each in found)


def test_a_digest_beyond_ten_messages_counts_the_rest() -> None:
    found = pushes(delivery("digest", folded(200)), Style.TEXT, Room(100, 1000))
    listed = sum(each.body.count("Harbour report") for each in found)

    assert len(found) == 10
    assert found[-1].body.endswith(f"\nand {200 - listed} more")
    assert all(len(each.body.encode()) <= 1000 for each in found)


def test_a_short_message_by_phone_is_one() -> None:
    (found,) = pushes(delivery("digest", folded(38)), Style.TEXT, Room(0, 160))

    assert found.body.startswith("[pier-closures] Harbour report 0, and 37 more stories")
    assert len(found.body.encode()) <= 160


def test_a_problem_says_what_to_do_and_many_are_named() -> None:
    assert push("health.raised", HEALTH).body.splitlines() == [HEALTH["detail"], HEALTH["advice"]]
    assert "Outlet 36: 9 checks in a row" in push("health.raised", MANY).body


def test_a_surge_is_drawn_and_what_has_no_text_says_its_title() -> None:
    found = Surge(31, 4.0, timedelta(hours=2), COUNTS)
    surge = compose.surge_data(RULE, found, STORY.sources)
    absent = compose.absence_data(RULE, timedelta(hours=25))

    assert push("alert.surge", surge).body.splitlines() == [
        chart.text(COUNTS),
        f"{TITLE} · Coast Courier",
        URL,
        "Pier shut until the weekend · Lindholm Daily",
        "https://daily.example/7",
    ]
    assert push("alert.absent", absent).body == "nothing for 25 hours"


def test_an_update_says_what_is_new() -> None:
    update = {"why": "more_outlets", "detail": "now told by 10 outlets"}

    assert push("alert.updated", {**data(), "update": update}).body.startswith("Now told by 10")


@given(
    st.text(alphabet="a*_<>[]()&@!#`~\\ é北\n-1.", max_size=80),
    st.sampled_from(Style),
    st.integers(40, 400),
)
def test_whatever_a_title_holds_it_fits(title: str, style: Style, room: int) -> None:
    content = {"alerts": [data(title=title), data(title=title)]}

    for found in pushes(delivery("digest", content), style, Room(0, room)):
        assert len(found.body.encode()) <= room


@pytest.mark.parametrize("type", ["alert.created", "digest", "health.raised", "test", "odd"])
@pytest.mark.parametrize("content", [{}, {"story": None, "article": None}, {"alerts": [{}]}])
def test_a_payload_with_parts_missing_is_still_a_message(type: str, content: Any) -> None:
    assert push(type, content).body


def test_a_test_message_says_that_it_is_one() -> None:
    assert "This is a test" in push("test", compose.example_data("phone", NOW)).body
