"""References in values."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.config.files import faults_of, settings_of

HOOK = "channels: {soc: {kind: webhook, url: https://soc.example.org/, secret: '%s'}}\n"


def secret(folder: Path, reference: str, **environ: str) -> str:
    settings = settings_of(folder, HOOK % reference, environ)
    held = getattr(settings.channels["soc"], "secret")  # noqa: B009 - a union of channels
    first = held[0] if isinstance(held, tuple) else held
    assert isinstance(first, SecretStr)
    return first.get_secret_value()


def test_a_name_is_taken_from_the_environment(tmp_path: Path) -> None:
    assert secret(tmp_path, "a-${KEY}-z", KEY="0123456789") == "a-0123456789-z"


def test_a_file_is_read_without_its_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef\n")

    assert secret(tmp_path, "${file:key}") == "0123456789abcdef"
    assert secret(tmp_path, f"${{file:{tmp_path}/key}}") == "0123456789abcdef"


def test_a_credential_comes_from_systemds_folder(tmp_path: Path) -> None:
    (tmp_path / "soc").write_text("0123456789abcdef")

    assert (
        secret(tmp_path, "${cred:soc}", CREDENTIALS_DIRECTORY=str(tmp_path)) == "0123456789abcdef"
    )


def test_what_a_reference_brings_is_not_read_again(tmp_path: Path) -> None:
    assert secret(tmp_path, "${KEY}", KEY="${OTHER}-0123456789") == "${OTHER}-0123456789"


def test_two_dollars_stand_for_one_before_a_brace(tmp_path: Path) -> None:
    assert secret(tmp_path, "$${KEY} $$x $5 0123") == "${KEY} $$x $5 0123"


FAULTS = {
    "unset": ("${NOPE}", "the environment variable NOPE is not set"),
    "no file": ("${file:/nope/key}", "cannot read /nope/key: No such file or directory"),
    "folder": ("${file:/}", "cannot read /: Is a directory"),
    "NUL": ("${file:a\\0b}", "cannot read"),
    "no credentials": ("${cred:smtp}", "there is no $CREDENTIALS_DIRECTORY"),
    "way out of the credentials": ("${cred:../shadow}", "a `${` that is no reference"),
    "not closed": ("${KEY", "a `${` that is no reference"),
    "empty": ("${}", "a `${` that is no reference"),
    "unknown kind": ("${vault:key}", "a `${` that is no reference"),
}


@pytest.mark.parametrize(("reference", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_reference_that_leads_nowhere_is_a_fault_at_its_place(
    tmp_path: Path, reference: str, message: str
) -> None:
    text = HOOK.replace("'%s'", '"%s"') % reference
    faults = faults_of(tmp_path, text)

    assert len(faults) == 1
    assert faults[0].startswith(f"ingest.yaml:1:{text.index(reference)}: ")
    assert message in faults[0]


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x" * 70_000)

    assert "key is larger than 65536 bytes" in faults_of(tmp_path, HOOK % "${file:key}")[0]


def test_a_secret_shows_in_no_fault_and_no_representation(tmp_path: Path) -> None:
    environ = {"S": "hush-hush-hush"}
    wrong = """
database: mysql://u:${S}@h/d
contact: ${S}
workers: ${S}
log: {level: "${S}"}
feeds: [{url: "ftp://${S}", interval: "${S}", headers: {X: "${S}"}, nonsense: "${S}"}]
rules: [{name: r, query: "(${S}", tags: ["${S}"], feeds: ["${S}"], notify: ["${S}"]}]
channels: {a: {kind: "${S}"}, b: {kind: webhook, url: "${S}", secret: "${S}", x: "${S}"}}
"""
    faults = faults_of(tmp_path, wrong, environ)
    right = (
        "database: postgresql+psycopg://u:${S}@h/d\n"
        "feeds: [{url: https://example.org/, headers: {Authorization: '${S}'}}]\n" + HOOK % "${S}"
    )

    assert len(faults) > 8
    assert "hush" not in "\n".join(faults)
    assert "hush" not in repr(settings_of(tmp_path, right, environ))
    assert "hush" not in str(settings_of(tmp_path, right, environ))
