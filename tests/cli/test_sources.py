"""Feeds found, added, taken out, imported and exported, as an operator does."""

from tests.desk import Desk, rss


def test_from_a_site_to_a_configured_feed_and_back(desk: Desk) -> None:
    desk.configure(feeds=[], rules=[])
    desk.config.write_text(desk.config.read_text() + "# the end\n")
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    desk.origin.publish("/", f"<html><head>{link}</head></html>".encode(), "text/html")
    desk.origin.publish("/feed.xml", rss("Outlet", [("/1.html", "One", "1.")]))
    site, feed = desk.origin.url("/"), desk.origin.url("/feed.xml")

    (found,) = desk.rows("feeds", "discover", site)
    refused = desk.run("feeds", "add", site, code=1)
    desk.run("feeds", "add", found["url"], "--name", "Outlet", "--tag", "news")
    twice = desk.run("feeds", "add", feed, "--name", "Again", code=1)
    desk.poll()
    (row,) = desk.rows("feeds", "list")

    assert (found["url"], found["entries"], found["found"]) == (feed, 1, "link")
    assert feed in refused
    assert "as Outlet" in twice
    assert (row["name"], row["url"], row["tags"], row["entries"]) == ("Outlet", feed, ["news"], 1)
    assert desk.config.read_text().endswith("# the end\n")

    desk.run("feeds", "remove", "Outlet")
    desk.run("feeds", "remove", "Outlet", code=2)
    assert "Outlet" not in desk.config.read_text()


def test_lists_of_feeds_go_in_and_out(desk: Desk) -> None:
    desk.watch(["/a.xml"], {})
    listed = desk.run("feeds", "export")
    more = listed.replace(
        "</body>",
        '<outline text="B"><outline text="New" xmlUrl="https://b.example/rss"/></outline></body>',
    )
    (desk.folder / "list.opml").write_text(more)

    said = desk.run("feeds", "import", str(desk.folder / "list.opml"))
    again = desk.run("feeds", "import", str(desk.folder / "list.opml"))

    assert "1 feeds added" in said
    assert "1 were there already" in said
    assert "nothing to add" in again
    assert desk.run("feeds", "export").count("xmlUrl") == 2
    assert "tags: [B]" in desk.config.read_text().replace("- B", "tags: [B]")
