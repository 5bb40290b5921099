"""The commented configuration that `ingest init` writes: the example files themselves."""

from collections.abc import Mapping

from ingest.config import packaged

_NAMES = ("ingest.yaml", "feeds.yaml", "rules.yaml", "ingest.schema.json")


def files() -> Mapping[str, str]:
    """Return file name to text of a working starter configuration."""
    folder = packaged.folder("_config", "config")
    return {name: (folder / name).read_text(encoding="utf-8") for name in _NAMES}
