"""The dead man's switch."""

import pytest

from ingest.deliver.heartbeat import beat
from ingest.errors import DeliveryError
from tests.origin import Origin


def test_a_heartbeat_is_one_get() -> None:
    with Origin() as origin:
        beat(origin.route("/ping/token", (200, {}, b"OK")))

    (asked,) = origin.requests
    assert (asked.method, asked.path) == ("GET", "/ping/token")


def test_a_heartbeat_that_is_not_taken_says_so_without_the_address() -> None:
    with Origin() as origin:
        url = origin.route("/ping/token", (404, {}, b""))
        with pytest.raises(DeliveryError, match="answered 404") as refused:
            beat(url)
    with pytest.raises(DeliveryError, match="no heartbeat") as unheard:
        beat(url)

    assert "token" not in f"{refused.value}{unheard.value}"
