"""Kill the daemon at random times while receivers misbehave, and count what was lost.

Numbered entries are published all the while; the webhook receiver and the mail server refuse,
stall, reset, answer 429, and hang up after having said yes. In the end they behave, and every
entry must be stored once, every expected alert have arrived at least once, and what arrived twice
have come under one id.

    python -m benchmarks.kill [--kills 200] [--seed 8]
"""

import argparse
import tempfile
from pathlib import Path
from time import monotonic

from tests.daemon.storm import Storm
from tests.desk import open_desk


def main() -> int:
    """Run the storm, print what it came to, and return 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    began = monotonic()
    with tempfile.TemporaryDirectory() as folder, open_desk(Path(folder)) as desk:
        storm = Storm(desk, asked.seed)
        while storm.kills < asked.kills:
            storm.kill_once(0.6, 2.6)
            if storm.kills % 20 == 0:
                print(f"{storm.kills} kills, {storm.published} entries", flush=True)
        storm.settle(180)
        wrong = storm.faults()
        receivers = storm.receivers
    print(f"kills      {storm.kills} in {monotonic() - began:.0f} s")
    print(f"entries    {storm.published}, alerts expected {len(storm.expected)} by two channels")
    print(f"receivers  {', '.join(f'{mood} {n}' for mood, n in receivers.moods.most_common())}")
    print(f"repeats    {receivers.repeats}, all under an id known already")
    print(f"wrong      {len(wrong)}", *wrong[:20], sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
