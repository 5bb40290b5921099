"""Site rules: those that come with the program, then those beside the configuration."""

from pathlib import Path

from ingest.articles.sites import SiteRule, SiteRules, parse_rule
from ingest.config import packaged
from ingest.errors import ConfigError, ConfigErrors

MAX_FILE = 1_000_000
"""Bytes of one site rule: a page of selectors takes about a thousand."""


def load(folder: Path) -> tuple[SiteRules, list[ConfigError]]:
    """Read the rules of the package and of `sites/` in `folder`; the later wins for a site.

    Returns what can be read, and a fault for each file that can't.
    """
    rules: list[SiteRule] = []
    faults: list[ConfigError] = []
    own = folder / "sites"
    shipped = packaged.folder("_sites", "config/sites")
    for each in [shipped, own] if own.resolve() != shipped.resolve() else [own]:
        for path in sorted(each.glob("*.yaml")):
            try:
                rules.append(parse_rule(_text(path), str(path), shipped=each is shipped))
            except ConfigErrors as several:
                faults += several.faults
            except ConfigError as fault:
                faults.append(fault)
    return SiteRules(rules), faults


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise ConfigError(f"larger than {MAX_FILE // 10**6} MB", file=str(path))
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError("not UTF-8 text", file=str(path)) from error
