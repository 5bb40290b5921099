"""The origin that other tests build on says what they told it to."""

from pathlib import Path

import pytest

from ingest.errors import HttpStatus
from ingest.fetch.client import Client
from ingest.model import Request
from tests.origin import Origin


def get(url: str) -> Request:
    return Request(url, timeout_s=5, max_bytes=10_000)


def test_what_was_asked_is_on_record(client: Client, origin: Origin) -> None:
    origin.route("/f", (200, [("X-A", "1"), ("X-A", "2")], b"ok"))

    response = client.fetch(get(origin.url("/f?q=1")))

    assert response.headers["x-a"] == "1, 2"
    (asked,) = origin.asked("/f")
    assert (asked.method, asked.path, asked.route) == ("GET", "/f?q=1", "/f")


def test_a_published_page_is_unchanged_until_published_again(
    client: Client, origin: Origin
) -> None:
    url = origin.publish("/f", b"one")
    first = client.fetch(get(url))
    again = Request(url, 5, 10_000, first.validators)
    assert client.fetch(again).not_modified

    origin.publish("/f", b"two")

    assert client.fetch(again).body == b"two"


def test_a_folder_is_served_and_nothing_beside_it(
    client: Client, origin: Origin, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("no")
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<p>home")
    url = origin.serve_dir("/s", site)

    page = client.fetch(get(url))

    assert (page.body, page.headers["content-type"]) == (b"<p>home", "text/html")
    assert client.fetch(Request(url, 5, 100, page.validators)).not_modified
    for path in ("../secret", "%2e%2e/secret", "nothing"):
        with pytest.raises(HttpStatus):
            client.fetch(get(url + path))
