"""One core for the threads of this process, where the system lets us choose."""

import os
from contextlib import suppress
from functools import cache


def share_one() -> None:
    """Keep the calling thread on the core that all threads share that call this.

    Python runs one thread at a time, and to hand its lock from core to core costs more than the
    other cores are good for (docs/decisions/0015). The main thread and processes stay free.
    """
    if core := _chosen():
        with suppress(OSError):  # a sandbox may refuse it
            os.sched_setaffinity(0, core)


def use_all(process: int) -> None:
    """Let the calling thread use the cores that the main thread of `process` may use."""
    if _chosen():
        with suppress(OSError):
            os.sched_setaffinity(0, os.sched_getaffinity(process))


@cache
def _chosen() -> frozenset[int]:
    """Return one of the cores that this process may use; none where the system does not say."""
    if not hasattr(os, "sched_getaffinity"):
        return frozenset()
    usable = sorted(os.sched_getaffinity(os.getpid()))
    return frozenset({usable[os.getpid() % len(usable)]})
