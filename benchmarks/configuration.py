"""What loading a configuration costs: CPU seconds for 10,000 feeds and 500 rules, faults included.

The reference of the same run is `yaml.safe_load` by the C loader over the same text, without
positions or models.

    python benchmarks/configuration.py [--feeds 10000] [--rules 500]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from ingest.config.load import load
from ingest.errors import ConfigErrors


def text(feeds: int, rules: int, key: str = "interval") -> str:
    """Return a configuration as a desk might write it."""
    return (
        "feeds:\n"
        + "".join(
            f"  - {{url: https://host{n % 100}.example.org/feed{n}.xml, name: Feed {n}, "
            f"tags: [news, t{n % 50}], {key}: 10m}}\n"
            for n in range(feeds)
        )
        + "rules:\n"
        + "".join(
            f"  - {{name: r{n}, query: 'title:word{n} OR \"two words\"', tags: [t{n % 50}]}}\n"
            for n in range(rules)
        )
    )


def cpu(work: Callable[[], object]) -> float:
    """Return the least CPU seconds of three runs."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def refused(path: Path) -> None:
    """Load a configuration that has a fault in each feed."""
    try:
        load(path, {})
    except ConfigErrors:
        return
    raise AssertionError("a configuration full of faults was taken")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--rules", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        right, wrong = Path(folder, "right.yaml"), Path(folder, "wrong.yaml")
        right.write_text(text(options.feeds, options.rules))
        wrong.write_text(text(options.feeds, options.rules, key="intervall"))
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        plain = cpu(lambda: yaml.load(right.read_text(), Loader=loader))
        print(f"{options.feeds} feeds, {options.rules} rules, {right.stat().st_size / 1e6:.1f} MB")
        print(f"yaml.load alone       {plain:5.2f} s CPU")
        print(f"load                  {cpu(lambda: load(right, {})):5.2f} s CPU")
        print(f"a fault in each feed  {cpu(lambda: refused(wrong)):5.2f} s CPU")


if __name__ == "__main__":
    main()
