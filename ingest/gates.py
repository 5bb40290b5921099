"""Gates before a site that let no program through, told by the scripts they load."""

import re

_GATES = re.compile(
    r"_cf_chl_opt|challenge-platform/h/|captcha-delivery\.com|px-captcha|/_sec/cp_challenge|ddos-guard/js-challenge",
    re.I,
)
"""Scripts of gates, which no other page has: Cloudflare, DataDome, HUMAN, Akamai, DDoS-Guard."""

_GUARDS = re.compile(
    r"cdn-cgi/challenge-platform|_Incapsula_Resource|awswaf\.com|kpsdk|g-recaptcha|h-captcha|cf-turnstile",
    re.I,
)
"""Scripts that articles carry too, to watch their readers or for their forms: Cloudflare, Imperva, AWS,
Kasada, reCAPTCHA, hCaptcha. On a page that says nothing they are the gate."""

GATE_HEAD = 50_000
"""Characters of a page in which such a script is looked for; a page that is a gate is short."""


def is_gate(html: str, *, is_bare: bool) -> bool:
    """Return whether a short page is the challenge of a gate; `is_bare` where it has no text."""
    patterns = (_GATES, _GUARDS) if is_bare else (_GATES,)
    return any(pattern.search(html, 0, GATE_HEAD) for pattern in patterns)
