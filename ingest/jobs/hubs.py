"""Which hub a feed names now, noted beside its entries; asking it is `jobs.subscribe`."""

import secrets
from datetime import datetime

from ingest.feeds.websub import Hub
from ingest.jobs.ports import Tx
from ingest.model import Subscription, SubscriptionState


def wish(tx: Tx, feed_id: int, hub: Hub | None, now: datetime) -> None:
    """Note the hub that a feed names now; another one than before is asked at once."""
    standing = tx.subscription(feed_id)
    if hub is None:
        if standing:
            tx.leave_hub(feed_id, now)
        return
    stays = standing and standing.state is not SubscriptionState.LEAVING
    if standing and stays and (standing.hub, standing.topic) == (hub.url, hub.topic):
        return
    tx.save_subscription(
        Subscription(
            feed_id=feed_id,
            hub=hub.url,
            topic=hub.topic,
            token=secrets.token_urlsafe(18),
            secret=secrets.token_hex(32),
            state=SubscriptionState.WANTED,
            next_at=now,
        )
    )
