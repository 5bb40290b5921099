"""What `ingest check` warns of."""

from pathlib import Path

import pytest

from ingest.config.advice import warnings
from tests.config.files import settings_of

MAIL = "kind: email, to: [desk@example.org], from: bot@example.org, smtp: {host: localhost}"
QUIET = """
contact: mailto:desk@example.org
feeds: [{url: https://a.example/, name: A}]
"""


def test_a_complete_configuration_raises_no_warning(tmp_path: Path) -> None:
    text = QUIET + f"channels: {{desk: {{{MAIL}}}}}\nrules: [{{name: r, query: a, notify: [desk]}}]"

    assert warnings(settings_of(tmp_path, text)) == ()


def test_a_missing_contact_and_no_feeds_are_pointed_out(tmp_path: Path) -> None:
    contact, feeds = warnings(settings_of(tmp_path, ""))

    assert "`contact`" in contact
    assert "nothing to watch" in feeds


def test_rules_without_channels_are_named_up_to_five(tmp_path: Path) -> None:
    words = ("ash", "birch", "cedar", "elm", "fir", "lime", "oak")
    rules = "".join(f"  - {{name: {word}, query: {word}}}\n" for word in words)
    (warning,) = warnings(settings_of(tmp_path, QUIET + "rules:\n" + rules))

    assert "rules `ash`, `birch`, `cedar`, `elm`, `fir` and 2 more" in warning


def test_a_rule_that_cannot_mean_what_it_says_is_named(tmp_path: Path) -> None:
    text = QUIET + (
        f"channels: {{desk: {{{MAIL}}}}}\nrules: [{{name: r, query: NOT a, notify: [desk]}}]"
    )
    (warning,) = warnings(settings_of(tmp_path, text))

    assert warning.startswith("rule `r`: ")


def test_a_channel_that_no_rule_tells_is_named(tmp_path: Path) -> None:
    (warning,) = warnings(settings_of(tmp_path, QUIET + f"channels: {{desk: {{{MAIL}}}}}"))

    assert warning == "no rule tells channel `desk`"


def test_the_same_address_under_two_names_is_named(tmp_path: Path) -> None:
    text = QUIET.replace("name: A}", "name: A}, {url: https://a.example/, name: B}")
    (warning,) = warnings(settings_of(tmp_path, text))

    assert "more than once by feeds `A`, `B`" in warning


def test_keys_without_effect_in_this_version_are_named(tmp_path: Path) -> None:
    text = QUIET + (
        f"channels: {{desk: {{{MAIL}, rate: 10/h}}}}\n"
        "rules: [{name: r, query: a, notify: [desk], surge: {window: 2h}}]\n"
        "web: {listen: '127.0.0.1:8081', password_file: x}\nmetrics: {enabled: false}\n"
        "health: {channels: [desk]}\n"
    )

    assert warnings(settings_of(tmp_path, text)) == (
        "`web.password_file` has no effect yet",
        "`web.listen` has no effect without `web.base_url` or `metrics.enabled`",
    )


@pytest.mark.parametrize(
    ("listen", "open_to_others"),
    [
        ("127.0.0.1:8080", False),
        ("[::1]:8080", False),
        ("localhost:8080", False),
        ("0.0.0.0:8080", True),
        ("[::]:8080", True),
        ("desk.example.org:8080", True),
    ],
)
def test_metrics_that_others_can_read_are_pointed_out(
    tmp_path: Path, listen: str, open_to_others: bool
) -> None:
    given = settings_of(tmp_path, f"{QUIET}web: {{listen: '{listen}'}}\n")

    assert any("`/metrics`" in each for each in warnings(given)) == open_to_others
