"""A fresh desk for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A web, a mail server, a webhook receiver and an empty configuration."""
    with open_desk(tmp_path) as made:
        yield made
