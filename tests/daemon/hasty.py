"""The program with short waits between attempts, so that a test sees many of them."""

from ingest.alerts import retry
from ingest.cli import main

if __name__ == "__main__":
    retry.FIRST_WAIT_S, retry.LONGEST_WAIT_S = 0.2, 2.0
    main()
