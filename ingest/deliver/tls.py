"""Whom the channels trust: one TLS context for all of them."""

import ssl
from collections.abc import Callable, Mapping
from functools import cache

import certifi

NoteCertificate = Callable[[str, Mapping[str, object]], None]
"""Is told of the certificate that a host has shown."""


def unnoted(host: str, certificate: Mapping[str, object]) -> None:
    """Take no note of a certificate."""


@cache
def tls_context() -> ssl.SSLContext:
    """Return the shared context: the system's authorities (an in-house one too), and Mozilla's.

    Reading the authorities takes about 40 ms, which is why it is done once.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
