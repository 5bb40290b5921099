"""Prometheus asks the running daemon: what it says of silent feeds, and who may ask."""

import http.client
import json
import signal
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families as families

from tests.desk import Desk, end, free_port, rss, wait_for

DAY = timedelta(days=1)


def ask(
    port: int, path: str = "/metrics", method: str = "GET", **headers: str
) -> tuple[int, str, str]:
    """Ask and return status, content type and body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()


def values(text: str) -> dict[str, float]:
    """Return each sample by its name and the values of its labels."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families(text)
        for sample in family.samples
    }


def listening(desk: Desk, *, base_url: str | None = None) -> int:
    """Configure a port of this test's own, with metrics."""
    port = free_port()
    desk.watch(
        ["/brisk.xml", "/quiet.xml"],
        {"kraken": "kraken"},
        web={"listen": f"127.0.0.1:{port}", "base_url": base_url},
        metrics={"enabled": True},
        articles={"full_text": False},
        health={"channels": ["soc"]},
    )
    return port


def publish(desk: Desk) -> None:
    for name in ("brisk", "quiet"):
        desk.origin.publish(f"/{name}.xml", rss(name, [(f"/{name}/1", "One", "text")]))


def give_history(desk: Desk, name: str, last_news: datetime) -> None:
    """Have a feed bring four entries a day for two months, the last at that time; it is due now."""
    week = {
        "counts": [16.0] * 7,
        "since": (last_news - 60 * DAY).isoformat(),
        "at": last_news.isoformat(),
    }
    with sqlite3.connect(desk.folder / "ingest.db") as database:
        database.execute(
            "UPDATE feeds SET memory = json_set(memory, '$.week', json(?)), due_at = '2000-01-01',"
            " next_check_at = '2000-01-01' WHERE name = ?",
            (json.dumps(week), name),
        )
    database.close()


def test_a_feed_that_went_silent_is_named_by_metrics_listings_and_an_alert(desk: Desk) -> None:
    port = listening(desk)
    publish(desk)
    desk.poll()
    now = datetime.now(UTC)
    give_history(desk, "quiet.xml", now - 5 * DAY)
    give_history(desk, "brisk.xml", now - DAY / 24)
    daemon = desk.start("run")

    def silent() -> bool:
        try:
            return "ingest_feeds silent" in (found := values(ask(port)[2])) and (
                found["ingest_feeds silent"] == 1
            )
        except OSError:
            return False

    wait_for(silent, 30)
    status, kind, text = ask(port)
    found = values(text)

    assert (status, kind.split(";")[0]) == (200, "text/plain")
    assert 4.9 * 86_400 < found["ingest_feed_silence_seconds quiet.xml"] < 5.1 * 86_400
    assert 15 < found["ingest_feed_missing_entries quiet.xml"] < 25
    assert "ingest_feed_silence_seconds brisk.xml" not in found
    assert found["ingest_feeds ok"] == 1
    assert found["ingest_checks_total unchanged"] + found["ingest_checks_total not_modified"] == 2
    assert found["ingest_entries_expected_total"] > 0
    assert found["process_resident_memory_bytes"] > 1e6

    (row,) = desk.rows("feeds", "list", "--state", "silent")
    assert (row["name"], desk.rows("status")[0]["feeds"]["silent"]) == ("quiet.xml", 1)
    desk.config.write_text("feeds: [{}]")  # a reload that is refused has the daemon look at once
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: any(hook["data"].get("subject") == "quiet.xml" for hook in desk.hooks), 15)
    (told,) = (hook for hook in desk.hooks if hook["data"].get("subject") == "quiet.xml")
    assert (told["type"], told["data"]["condition"]) == ("health.raised", "feed silent")
    desk.configure()
    assert [each["subject"] for each in desk.rows("status")[0]["problems"]][:1] == ["quiet.xml"]
    end(daemon)


def test_only_known_paths_and_methods_are_answered_and_never_the_public_name(desk: Desk) -> None:
    port = listening(desk, base_url="https://desk.example.org/ingest")
    publish(desk)
    daemon = desk.start("run")
    wait_for(lambda: port_answers(port), 30)
    public = {"Host": "Desk.Example.org:443"}

    asked = [
        ask(port)[0],
        ask(port, method="HEAD"),
        ask(port, method="POST")[0],
        ask(port, "/")[0],
        ask(port, "/ingest/metrics")[0],
        ask(port, "/metrics/")[0],
        ask(port, "/metrics?name=x")[0],
        ask(port, **public)[0],
        ask(port, Host="desk.example.org.")[0],
        ask(port, X_Forwarded_Host="desk.example.org")[0],
        ask(port, Host="metrics.example.org")[0],
        ask(port, Host="[")[0],
        ask(port, X_Padding="x" * 20_000)[0],
    ]

    assert asked[1][2] == ""  # type: ignore[index]
    asked[1] = asked[1][0]  # type: ignore[index]
    assert asked == [200, 200, 405, 404, 404, 404, 200, 404, 404, 404, 200, 200, 431]
    end(daemon)


def port_answers(port: int) -> bool:
    try:
        return ask(port)[0] == 200
    except OSError:
        return False


def test_a_taken_address_is_said_and_the_daemon_works_on(desk: Desk) -> None:
    port = listening(desk)
    desk.origin.publish("/brisk.xml", rss("brisk", [("/1", "Kraken seen", "The kraken.")]))
    with socket.create_server(("127.0.0.1", port)):
        daemon = desk.start("run")
        wait_for(lambda: desk.hooks, 30)

        assert f"cannot listen on 127.0.0.1:{port}, no metrics are served" in end(daemon)


def test_an_address_that_does_not_exist_is_said_and_the_daemon_works_on(desk: Desk) -> None:
    listening(desk)
    desk.configure(web={"listen": "[1:2]:8080"})
    desk.origin.publish("/brisk.xml", rss("brisk", [("/1", "Kraken seen", "The kraken.")]))
    daemon = desk.start("run")
    wait_for(lambda: desk.hooks, 30)

    assert "cannot listen on [1:2]:8080, no metrics are served" in end(daemon)


def test_without_metrics_and_hubs_nothing_listens(desk: Desk) -> None:
    port = listening(desk)
    desk.origin.publish("/brisk.xml", rss("brisk", [("/1", "Kraken seen", "The kraken.")]))
    desk.configure(metrics={"enabled": False})
    daemon = desk.start("run")
    wait_for(lambda: desk.hooks, 30)

    assert not port_answers(port)
    end(daemon)
