"""What exists is documented, and what the README and the guides link to exists."""

import re
from pathlib import Path

import pytest

from ingest.cli import reference
from ingest.cli.root import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
COMMAND_PAGE = ROOT / "docs" / "reference" / "commands.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_documentation_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_reference_of_commands_is_what_they_say_of_themselves() -> None:
    assert COMMAND_PAGE.read_text(encoding="utf-8") == reference.page(), (
        "run: python -m ingest.cli.reference > docs/reference/commands.md"
    )


def test_the_readme_names_only_verbs_of_run_and_commands_that_exist() -> None:
    said = (ROOT / "README.md").read_text(encoding="utf-8")
    verbs = set(re.findall(r"\./run (\w+)", said))
    named = set(
        re.findall(
            r"ingest (?:-c \S+ )?([a-z]+)\b",
            "\n".join(re.findall(r"```sh\n(.*?)```", said, re.DOTALL)),
        )
    )

    assert verbs <= {"demo", "test", "check", "daemon", "bench", "lock"}
    assert named <= set(COMMANDS)
