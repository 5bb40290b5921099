"""Gates before a site that let no program through, told by the scripts they load."""

import re

_GATES = re.compile(
    r"cdn-cgi/challenge-platform|_cf_chl_|captcha-delivery\.com|px-captcha|_Incapsula_Resource|/_sec/cp_challenge|ddos-guard"
    r"|awswaf\.com|g-recaptcha|h-captcha|cf-turnstile|kpsdk",
    re.I,
)
"""What the scripts of gates before a site are called by: Cloudflare, DataDome, HUMAN, Imperva, Akamai,
DDoS-Guard, AWS, reCAPTCHA, hCaptcha, Kasada."""

GATE_HEAD = 50_000
"""Characters of a page in which such a script is looked for; a page that is a gate is short."""


def is_gate(html: str) -> bool:
    """Return whether a short page is the challenge of a gate."""
    return _GATES.search(html, 0, GATE_HEAD) is not None
