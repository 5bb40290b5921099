"""How well the pages of each site are read: one row per host."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from ingest.articles import track
from ingest.articles.track import Sighting
from ingest.model import SiteTrack
from ingest.store.engine import insert_new
from ingest.store.tables import site_tracks

_HERE = site_tracks.c.site == bindparam("host")
_FIND = select(site_tracks).where(_HERE).with_for_update()
_UPDATE = update(site_tracks).where(_HERE)


def add(connection: Connection, site: str, sighting: Sighting, now: datetime) -> None:
    """Count one more page of a site."""
    row = connection.execute(_FIND, {"host": site}).one_or_none()
    known = _to_track(row) if row else SiteTrack(site)
    new = track.after(known, sighting, now)
    values = {name: getattr(new, name) for name in site_tracks.c.keys()}  # noqa: SIM118
    if row:
        connection.execute(_UPDATE, {"host": site, **values})
    else:
        connection.execute(insert_new(connection, site_tracks), values)


def seen_since(connection: Connection, since: datetime) -> Sequence[SiteTrack]:
    """Return the sites of which a page was read since then."""
    query = select(site_tracks).where(site_tracks.c.seen_at >= since)
    return [_to_track(row) for row in connection.execute(query.order_by(site_tracks.c.site))]


def _to_track(row: Row[Any]) -> SiteTrack:
    return SiteTrack(**row._mapping)
