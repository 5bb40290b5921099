"""A dead man's switch: an address that hears from us while all is well, and misses us otherwise."""

from urllib.parse import urlsplit

import requests

from ingest import __version__
from ingest.deliver.reason import reason
from ingest.errors import DeliveryError

TIMEOUT_S = 10.0


def beat(url: str) -> None:
    """Ask for an address; the answer is not read.

    Raises DeliveryError, which quotes no more of the address than its host: it may hold a token.
    """
    host = urlsplit(url).hostname
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc: the configuration says it all
            answer = session.get(
                url,
                headers={"User-Agent": f"ingest/{__version__}"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            )
            with answer:
                status = answer.status_code
    except (requests.RequestException, OSError) as error:
        raise DeliveryError(f"no heartbeat taken by {host}: {reason(error)}") from None
    if not 200 <= status < 300:
        raise DeliveryError(f"no heartbeat taken by {host}: it answered {status}")
