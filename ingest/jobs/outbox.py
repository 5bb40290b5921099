"""From the outbox to the receiver: hand over one claimed delivery and keep what became of it."""

from collections.abc import Callable
from datetime import datetime

from ingest.alerts import retry
from ingest.errors import DeliveryError
from ingest.jobs.context import Context
from ingest.model import Delivery


def deliver(delivery: Delivery, context: Context, clock: Callable[[], datetime]) -> Delivery:
    """Send a delivery this process has claimed; return it as it stands afterwards.

    At least once: should the process die between the receiver's yes and the commit, the same
    delivery goes out again under the same id.
    """
    try:
        context.doors.channels.send(delivery)
    except DeliveryError as error:
        after = retry.next_step(delivery, error, now=clock(), random=context.random)
    else:
        after = retry.delivered(delivery, clock())
    context.doors.store.write(lambda tx: tx.save_delivery(after))
    return after
