"""A signal that another thread is given ends the daemon, too."""

import subprocess
import sys

TAKEN_BY_ANOTHER = """
import signal, threading
from pathlib import Path
from ingest.daemon import Daemon, Systemd

daemon = Daemon(None, Path(), Systemd({}))
signal.signal(signal.SIGTERM, daemon._hear)
take = lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
threading.Timer(0.3, take).start()
daemon._wait()
"""


def test_a_signal_that_another_thread_is_given_is_heard() -> None:
    subprocess.run([sys.executable, "-c", TAKEN_BY_ANOTHER], check=True, timeout=15)
