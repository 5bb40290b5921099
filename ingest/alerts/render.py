"""How a message reads: a mail in text and HTML, a webhook's body.

Everything in a payload may come from strangers; it is tidied first and escaped by the templates.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from hashlib import blake2b
from typing import Any

from jinja2 import (
    ChainableUndefined,
    Environment,
    PackageLoader,
    Template,
    TemplateError,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ingest.alerts.headers import MAIL_POLICY
from ingest.alerts.tidy import line, tidy, web_link
from ingest.alerts.wording import LABELS, SHOWN_ALERTS, alert_view, moment, subject
from ingest.model import Delivery

FONT = "Helvetica,Arial,sans-serif"  # short: repeated in every cell, and Gmail cuts at 102 kB
STYLES = {
    "font": FONT,
    "plain": f"font-family:{FONT};font-size:16px;line-height:23px;color:#1c1f23;",
    "small": f"font-family:{FONT};font-size:13px;line-height:18px;color:#5b636b;",
}
_templates = Environment(
    loader=PackageLoader("ingest.alerts"),
    autoescape=select_autoescape(["html"]),
    undefined=ChainableUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
# `tojson` of jinja2 is meant for HTML and writes `<` as an escape, which JSON reads back as it was
_sandbox = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, autoescape=False)
_templates.filters |= {"web_link": web_link, "moment": moment}


def mail(
    delivery: Delivery,
    *,
    sender: Address,
    recipients: Sequence[Address],
    base_url: str | None = None,
) -> EmailMessage:
    """Return a delivery as a mail; the same delivery gives the same bytes on every attempt.

    Messages about one story share a thread, whichever rule they come from: each refers to a root
    that was never sent (RFC 5322 §3.6.4 asks for no more than an identifier).
    `base_url`, where this installation has one, is named at the foot.
    """
    data = _data(delivery)
    title = subject(delivery.type, data)
    text, html = _bodies(delivery.type, title, data, base_url)
    message = EmailMessage(policy=MAIL_POLICY)
    message["From"] = sender
    message["To"] = tuple(recipients)
    message["Subject"] = title
    message["Date"] = datetime.fromisoformat(str(delivery.payload["timestamp"]))
    message["Message-ID"] = f"<{delivery.id}@{sender.domain}>"
    root = _root(delivery.type, data)
    if root:
        message["In-Reply-To"] = message["References"] = f"<{root}@{sender.domain}>"
    message["List-ID"] = f"<{_list(delivery.type, data)}.{sender.domain}>"  # RFC 2919
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same, said to Exchange
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message.set_boundary(f"=_{delivery.id}")  # the default would be drawn by chance
    return message


def webhook_body(delivery: Delivery) -> bytes:
    """Return the JSON body of a webhook; the same delivery gives the same bytes."""
    text = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def read_template(text: str) -> Template:
    """Return a template for the body of a webhook.

    In a sandbox: it sees the message and nothing else. Raises ValueError for one that cannot be
    read.
    """
    try:
        return _sandbox.from_string(text)
    except TemplateError as error:
        raise ValueError(f"not a template: {error}") from error


def templated_body(delivery: Delivery, template: Template) -> bytes:
    """Return a webhook's body in the operator's own shape; raises ValueError where it fails."""
    try:
        text = template.render(delivery.payload, id=delivery.id)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise ValueError(f"the template fails: {line(str(error), 200)}") from error
    return text.encode("utf-8", "replace")


def _data(delivery: Delivery) -> dict[str, Any]:
    """Return the payload's `data` with every text in it tidied."""
    data = tidy(delivery.payload.get("data"))
    return data if isinstance(data, dict) else {}


def _bodies(type: str, title: str, data: dict[str, Any], base_url: str | None) -> tuple[str, str]:
    """Return the text and the HTML of a mail."""
    label = LABELS.get(type, type)
    values: dict[str, Any] = {**STYLES, "subject": title, "label": label, "base_url": base_url}
    if type == "digest":
        name = "digest"
        alerts = data.get("alerts", ())
        views = [alert_view(str(each.get("type", "alert.created")), each) for each in alerts]
        values |= {"alerts": views[:SHOWN_ALERTS], "more": views[SHOWN_ALERTS:]}
        values["preview"] = ", ".join(view["headline"] for view in views[:3])
    elif type.startswith("health."):
        name = "health"
        values |= {"health": data, "preview": data.get("detail")}
    else:
        name = "alert"
        alert = alert_view(type, data)
        texts = [found.text for found in alert["passages"] if found.field != "title"]
        values |= {"alert": alert, "preview": texts[0] if texts else ""}
    text = _templates.get_template(f"{name}.txt").render(values)
    return text.lstrip(), _templates.get_template(f"{name}.html").render(values)


def _root(type: str, data: dict[str, Any]) -> str | None:
    """Return the name of the thread that a message belongs to; None where it stands alone.

    A story's number alone would join threads of two installations that send from one domain.
    """
    if type.startswith("health."):
        return f"health.{_digest(data.get('condition'), data.get('subject'), data.get('since'))}"
    story = data.get("story") or {}
    if type == "test" or not story:
        return None
    return f"story.{story.get('id')}.{_digest(story.get('first_seen_at'))}"


def _list(type: str, data: dict[str, Any]) -> str:
    """Return the name of the list a mail belongs to, so that readers can file by rule."""
    if type.startswith("alert."):
        return f"{slug(str(data.get('rule')))}.rules"
    return type.partition(".")[0]


def slug(name: str) -> str:
    """Return a rule's name as part of a List-ID or a file's name; a name that had to change gets a mark of its own."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-")
    return plain if plain and plain == name else f"{plain}-{_digest(name)}".lstrip("-")


def _digest(*values: object) -> str:
    return blake2b(repr(values).encode("utf-8", "replace"), digest_size=5).hexdigest()
