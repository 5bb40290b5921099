"""The HTML of a mail, laid out by a real browser engine."""

import json
import os
import re
import shutil
import subprocess
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest

from ingest.alerts.render import mail
from tests.alerts.samples import data, delivery
from tests.alerts.test_render import FOLDED, MANY, SURGE, UPDATED

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--dump-dom",
)

# What the page says of itself once it is laid out: the width it needs, the width it has, what it
# fetched, and the least contrast of its texts (WCAG 2.2, 1.4.3).
MEASURE = """
<script>
function light(colour) {
  const parts = colour.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}
function contrast(node) {
  let ground = node;
  while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentNode;
  const pair = [getComputedStyle(node).color, getComputedStyle(ground).backgroundColor].map(light);
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}
document.title = JSON.stringify({
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  needs: document.documentElement.scrollWidth,
  has: window.innerWidth,
  fetched: performance.getEntriesByType("resource").map(entry => entry.name),
  marks: document.querySelectorAll(".mark").length,
  contrast: Math.min(...[...document.querySelectorAll(".text, .quiet, .link, .mark")].map(contrast)),
});
</script>
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser's path."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    missing = "Chromium is not installed (apt install chromium)"
    if os.environ.get("INGEST_REQUIRE") == "all":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("type", "content", "marks"),
    [
        ("alert.created", data(), 5),
        ("alert.updated", UPDATED, 5),
        ("alert.surge", SURGE, 0),
        ("digest", FOLDED, 80),
        ("health.raised", MANY, 0),
    ],
    ids=["alert", "update", "surge", "digest", "health"],
)
def test_a_mail_fits_a_phone_is_readable_and_fetches_nothing(
    chromium: str, tmp_path: Path, type: str, content: Any, marks: int, dark: bool
) -> None:
    desk = Address("Desk", "desk", "example.org")
    part = mail(delivery(type, content), sender=desk, recipients=(desk,)).get_body(("html",))
    assert part is not None
    page = tmp_path / "mail.html"
    page.write_text(part.get_content() + MEASURE, encoding="utf-8")
    said = subprocess.run(
        [
            chromium,
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            "--window-size=500,900",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    found = re.search(r"<title>(\{.*?\})</title>", said)
    assert found is not None
    measured = json.loads(found[1])

    assert measured["dark"] is dark
    assert measured["needs"] <= measured["has"]
    assert measured["fetched"] == []
    assert measured["marks"] >= marks
    assert measured["contrast"] >= 4.5
