"""A client that may dial loopback, and an origin for it."""

from collections.abc import Iterator

import pytest

from ingest.fetch.client import Client
from ingest.fetch.settings import Fetch
from tests.origin import Origin


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    settings = Fetch.model_validate({"allow_networks": ["127.0.0.0/8"]})
    client = Client(settings, user_agent="ingest/test (+mailto:desk@example.org)")
    yield client
    client.close()


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin
