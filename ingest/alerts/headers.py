"""How the headers of our mail are written, where the standard library's own way breaks them."""

from email.header import Header
from email.policy import EmailPolicy

_UNBROKEN = {"Message-ID", "References", "In-Reply-To", "List-ID"}


class MailPolicy(EmailPolicy):
    """The policy of outgoing mail: CRLF, seven bits, subjects and identifiers kept whole.

    `email.policy` (Python 3.11) loses spaces where it cuts a long subject beyond ASCII, and writes
    an identifier longer than a line as an encoded word, which no mail client reads as one.
    `email.header` cuts the first well; the second may stand on one line up to 998 characters
    (RFC 5322 §2.1.1).
    """

    def fold(self, name: str, value: str) -> str:
        """Return a header with its line ends, in ASCII."""
        if name == "Subject":
            charset = "us-ascii" if value.isascii() else "utf-8"
            text = Header(value, charset, header_name=name).encode(linesep=self.linesep)
        elif name in _UNBROKEN:
            text = value
        else:
            folded: str = super().fold(name, value)
            return folded
        return f"{name}: {text}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return the same as bytes."""
        return self.fold(name, value).encode("ascii")


# 7bit: base64 and quoted-printable go through every server; 8BITMIME need not be asked for.
MAIL_POLICY = MailPolicy(linesep="\r\n", cte_type="7bit")
