"""The daemon as a process: readiness, due work, reload, orderly end, one per database."""

import json
import signal
import socket
from contextlib import suppress
from pathlib import Path
from threading import Timer
from time import monotonic

import pytest

from tests.desk import Desk, end, page, prose, rss, wait_for


def publish(desk: Desk, *numbers: int) -> None:
    """Publish these stories on one outlet."""
    items = []
    for number in numbers:
        headline = f"Lighthouse report {number}"
        items.append((f"/{number}.html", headline, "A gull."))
        texts = prose(number, "gull keeper")
        desk.origin.publish(f"/{number}.html", page(headline, texts), "text/html")
    desk.origin.publish("/feed.xml", rss("Outlet", items))


@pytest.fixture
def quick(desk: Desk) -> Desk:
    """A desk whose feed is looked at every second."""
    publish(desk, 1)
    desk.watch(
        ["/feed.xml"],
        {"gulls": "gull"},
        polling={"interval": "1s", "min": "1s", "adaptive": False},
        log={"format": "json", "level": "debug"},
    )
    return desk


def test_it_polls_reads_and_delivers_until_it_is_told_to_stop(quick: Desk) -> None:
    process = quick.start("run")
    wait_for(lambda: len(quick.hooks) == 1 and len(quick.postbox.mails) == 1)
    asked = len(quick.origin.asked("/feed.xml"))
    wait_for(lambda: len(quick.origin.asked("/feed.xml")) > asked)
    began = monotonic()
    log = end(process)

    assert process.returncode == 0
    assert monotonic() - began < 10
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line.get("article") and line["feed"] == "feed.xml" for line in lines)
    assert lines[-1]["event"] == "stopped"


def test_what_a_slow_page_holds_up_is_handed_back_within_ten_seconds(quick: Desk) -> None:
    quick.configure(fetch={**quick.settings["fetch"], "timeout": "60s"})
    with socket.create_server(("127.0.0.1", 0)) as tarpit:
        address = f"http://127.0.0.1:{tarpit.getsockname()[1]}/slow.html"
        quick.origin.publish("/feed.xml", rss("Outlet", [(address, "Slow", "A gull waits.")]))
        process = quick.start("run")
        tarpit.settimeout(15)
        connection, _ = tarpit.accept()
        began = monotonic()
        end(process)
        connection.close()

    assert process.returncode == 0
    assert monotonic() - began < 10
    (entry,) = quick.rows("entries", "list")
    assert entry["state"] == "waiting"


def test_a_second_daemon_on_the_same_database_is_refused(quick: Desk) -> None:
    first = quick.start("run")
    wait_for(lambda: quick.hooks)
    said = quick.run("run", code=1)
    end(first)

    assert "another daemon" in said
    assert str(first.pid) in said


def test_a_pass_beside_a_daemon_takes_its_turn(quick: Desk) -> None:
    process = quick.start("run")
    wait_for(lambda: quick.hooks)
    publish(quick, 2, 1)
    quick.poll("--all")
    wait_for(lambda: len(quick.hooks) == 2)
    end(process)

    assert len(quick.rows("articles", "list")) == 2
    assert len(set(quick.hook_ids)) == len(quick.hook_ids) == 2


def test_sighup_puts_a_new_rule_in_force_and_a_faulty_file_changes_nothing(quick: Desk) -> None:
    process = quick.start("run")
    wait_for(lambda: quick.hooks)
    rule = {"name": "keepers", "query": "keeper", "notify": ["soc"]}
    quick.configure(rules=[*quick.settings["rules"], rule])
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: publish_and_count(quick, 2) or len(quick.hooks) >= 3)
    good = quick.config.read_text()
    quick.config.write_text("feeds: [{url: nonsense, nam: x}]\n")
    process.send_signal(signal.SIGHUP)
    publish(quick, 3, 2, 1)
    wait_for(lambda: len(quick.hooks) >= 5)
    log = end(process)
    quick.config.write_text(good)

    assert {hook["data"]["rule"] for hook in quick.hooks} == {"gulls", "keepers"}
    assert "reload refused" in log


def test_a_refused_reload_is_told_to_the_health_channel(quick: Desk) -> None:
    quick.configure(health={"channels": ["soc"]})
    process = quick.start("run")
    wait_for(lambda: quick.hooks)
    good = quick.config.read_text()
    quick.config.write_text("feeds: [{url: nonsense, nam: x}]\n")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: len(quick.hooks) == 2)
    end(process)
    quick.config.write_text(good)

    told = quick.hooks[1]
    assert (told["type"], told["data"]["condition"]) == ("health.raised", "reload refused")
    assert "ingest.yaml" in told["data"]["detail"]


def publish_and_count(desk: Desk, number: int) -> bool:
    """Publish one more story; never true, so that a wait goes on."""
    publish(desk, number, 1)
    return False


def test_systemd_hears_when_it_is_ready_alive_and_stopping(quick: Desk, tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(15)
        process = quick.start("run", NOTIFY_SOCKET=address, WATCHDOG_USEC="600000")
        heard = [systemd.recv(200).decode() for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        while not heard[-1].startswith("STOPPING"):
            heard.append(systemd.recv(200).decode())
        process.communicate(timeout=15)

    assert heard[0] == "READY=1"
    assert "WATCHDOG=1" in heard


def test_a_service_manager_that_does_not_listen_holds_nothing_up(
    quick: Desk, tmp_path: Path
) -> None:
    address = str(tmp_path / "notify")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other,
    ):
        deaf.bind(address)
        other.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                other.sendto(b"full", address)
        process = quick.start("run", NOTIFY_SOCKET=address, WATCHDOG_USEC="600000")
        at_last = Timer(20, process.kill)
        at_last.start()
        assert process.stdout is not None
        next(line for line in process.stdout if "watching" in line)

        assert "stopped" in end(process)
        at_last.cancel()


def test_what_a_killed_daemon_was_doing_is_taken_up_at_once_by_the_next(quick: Desk) -> None:
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as tarpit:
        address = f"http://127.0.0.1:{tarpit.getsockname()[1]}/slow.html"
        quick.origin.publish("/feed.xml", rss("Outlet", [(address, "Slow", "A gull waits.")]))
        process = quick.start("run")
        tarpit.settimeout(15)
        held.append(tarpit.accept()[0])
        end(process, signal.SIGKILL)
        process = quick.start("run")
        began = monotonic()
        held.append(tarpit.accept()[0])
        took = monotonic() - began
        end(process)
        for connection in held:
            connection.close()

    assert took < 8
