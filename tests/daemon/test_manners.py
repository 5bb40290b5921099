"""What one site sees of a whole pass: never two requests closer than its delay."""

from itertools import pairwise

from tests.desk import Desk, page, prose, rss

DELAY_S = 0.25


def test_a_site_sees_feeds_robots_txt_and_pages_one_by_one_and_its_delay_apart(desk: Desk) -> None:
    web = desk.origin
    for name in ("a", "b"):
        web.publish(
            f"/{name}.xml", rss(name, [(f"/{name}/{n}", f"{name} {n}", "") for n in (1, 2)])
        )
        for n in (1, 2):
            web.publish(f"/{name}/{n}", page(f"{name} {n}", prose(n, name)), "text/html")
    web.publish("/robots.txt", b"User-agent: *\nDisallow: /b/2\n", "text/plain")
    desk.watch(["/a.xml", "/b.xml"], {"never": "submarine"})
    fetch = {"site_delay": f"{DELAY_S * 1000:.0f}ms", "allow_networks": ["127.0.0.0/8"]}
    desk.configure(fetch=fetch)

    summary = desk.poll()

    assert summary["pages"] == {"fetched": 3, "robots": 1}
    asked = [request.path for request in web.requests]
    assert sorted(asked) == ["/a.xml", "/a/1", "/a/2", "/b.xml", "/b/1", "/robots.txt"]
    gaps = [later.at - earlier.at for earlier, later in pairwise(web.requests)]
    assert min(gaps) >= DELAY_S
