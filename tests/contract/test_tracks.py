"""How well sites are read, as rows."""

from ingest.articles.track import Sighting, after
from ingest.jobs.ports import Tx
from ingest.model import SiteTrack
from ingest.store import Store
from tests.contract.samples import HOUR, NOW


def test_each_page_of_a_site_is_counted(store: Store) -> None:

    def work(tx: Tx) -> None:
        for site, length in (("a.example", 900), ("b.example", 0), ("a.example", 700)):
            tx.track(site, Sighting(length), now=NOW)

    store.write(work)

    one, two = store.site_tracks(since=NOW)
    known = after(SiteTrack("a.example"), Sighting(900), NOW)
    assert one == after(known, Sighting(700), NOW)
    assert (two.site, two.pages, two.recent) == ("b.example", 1, 0.8)
    assert store.site_tracks(since=NOW + HOUR) == []
