"""`${NAME}`, `${file:/path}` and `${cred:name}` inside values; what they bring is never shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.config.nodes import Node
from ingest.errors import ConfigError

MAX_SECRET = 64 * 1024
"""Bytes of a file named by `${file:…}`: a key or a token, nothing larger."""

_REFERENCE = re.compile(r"\$(?P<escaped>\$(?=\{))|\$\{(?P<inside>[^{}]*)(?P<end>\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]*")


def has_reference(text: str) -> bool:
    """Return whether a value as written has a reference, and so perhaps a secret, in it."""
    return any(not found["escaped"] for found in _REFERENCE.finditer(text))


@dataclass
class Expander:
    """Replaces the references in values and gathers a fault for each that can't be had.

    `folder` is the configuration's own; a relative `${file:…}` is looked up there.
    """

    environ: Mapping[str, str]
    folder: Path
    faults: list[ConfigError] = field(default_factory=list)

    def plain(self, node: Node) -> object:
        """Return the node as text, None, lists and dicts, references replaced."""
        value = node.value
        if isinstance(value, str):
            return self.text(node, value) if "${" in value else value
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if isinstance(value, dict):
            return {key: self.plain(child) for key, (_, child) in value.items()}
        return None

    def text(self, node: Node, value: str) -> str:
        """Return a value with its references replaced; `$${` stands for `${` itself."""

        def replace(found: re.Match[str]) -> str:
            if found["escaped"]:
                return "$"
            try:
                return self._value(found["inside"], closed=bool(found["end"]))
            except LookupError as missing:
                message, hint = missing.args
                self.faults.append(node.place.fault(message, hint))
                return found[0]

        return _REFERENCE.sub(replace, value)

    def _value(self, inside: str, *, closed: bool) -> str:
        """Return what one reference stands for; LookupError(message, hint) where there is none."""
        kind, colon, rest = inside.partition(":")
        if closed and colon and kind == "file" and rest:
            return self._file(self.folder / rest)
        if closed and colon and kind == "cred" and _CREDENTIAL.fullmatch(rest):
            return self._credential(rest)
        if not closed or not _NAME.fullmatch(inside):
            raise LookupError(
                "a `${` that is no reference",
                "write ${NAME}, ${file:/path} or ${cred:name}; $${ for the characters themselves",
            )
        if inside not in self.environ:
            raise LookupError(f"the environment variable {inside} is not set", f"export {inside}=…")
        return self.environ[inside]

    def _credential(self, name: str) -> str:
        folder = self.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise LookupError(
                f"the credential {name} is missing: there is no $CREDENTIALS_DIRECTORY",
                f"LoadCredential={name}:… in the systemd unit",
            )
        return self._file(Path(folder) / name)

    @staticmethod
    def _file(path: Path) -> str:
        try:
            with path.open("rb") as file:
                content = file.read(MAX_SECRET + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no file name"
            raise LookupError(f"cannot read {path}: {reason}", "") from error
        if len(content) > MAX_SECRET:
            raise LookupError(f"{path} is larger than {MAX_SECRET} bytes", "")
        try:
            return content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            # Not chained: that error carries the content along.
            raise LookupError(f"{path} is not UTF-8 text", "") from None
