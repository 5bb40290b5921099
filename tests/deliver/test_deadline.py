"""The bound on a whole exchange."""

import socket
from time import monotonic, sleep

from ingest.deliver.deadline import Deadline


def test_a_read_under_way_ends_at_the_deadline() -> None:
    near, far = socket.socketpair()
    start = monotonic()
    with near, far, Deadline(0.1) as deadline:
        deadline.watch(near)

        assert near.recv(1) == b""
        assert deadline.passed
    assert monotonic() - start < 2


def test_a_socket_watched_after_the_deadline_is_shut_at_once() -> None:
    near, far = socket.socketpair()
    with near, far, Deadline(0.01) as deadline:
        while not deadline.passed:
            sleep(0.01)
        deadline.watch(near)

        assert near.recv(1) == b""


def test_an_exchange_that_ended_in_time_is_left_alone() -> None:
    near, far = socket.socketpair()
    with near, far:
        with Deadline(0.05) as deadline:
            deadline.watch(near)
        sleep(0.1)
        far.sendall(b"x")

        assert near.recv(1) == b"x"
        assert not deadline.passed


def test_a_socket_closed_before_the_deadline_does_no_harm() -> None:
    near, far = socket.socketpair()
    with Deadline(0.05) as deadline:
        deadline.watch(near)
        near.close()
        far.close()
        while not deadline.passed:
            sleep(0.01)
