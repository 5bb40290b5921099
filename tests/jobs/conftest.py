"""A fresh store and a fake web for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.desk import JobDesk, open_job_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[JobDesk]:
    """One feed, no rules."""
    made = open_job_desk(tmp_path)
    yield made
    made.store.close()
