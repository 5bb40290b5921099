"""Feeds found, added, taken out, imported and exported, as an operator does."""

import subprocess

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


def test_an_address_is_taken_without_its_scheme_and_only_once(desk: Desk) -> None:
    desk.configure(feeds=[], rules=[])
    desk.origin.publish("/feed.xml", rss("Outlet", [("/1.html", "One", "1.")]))
    feed = desk.origin.url("/feed.xml")

    desk.run("feeds", "add", feed.removeprefix("http://"))
    again = desk.run("feeds", "add", f"{feed}#top", "--name", "Again", code=1)

    assert desk.config.read_text().count(feed) == 1
    assert f"as {feed}" in again


def test_nothing_is_said_to_be_added_before_it_is(desk: Desk) -> None:
    desk.configure(feeds=[], rules=[])
    away = desk.origin.url("/away.xml")

    refused = desk.run("feeds", "add", away, "--name", " ", code=2)
    strange = desk.run("feeds", "add", "ftp://a.example/rss", code=1)
    guessed = desk.run("feeds", "add", away.removeprefix("http://"), code=1)
    desk.run("feeds", "add", away)

    assert "added" not in refused + strange
    assert "no web address" in strange
    assert "404" in guessed
    assert desk.config.read_text().count(away) == 1


def test_what_an_import_leaves_out_is_said(desk: Desk) -> None:
    desk.configure(feeds=[{"url": "https://a.example/rss"}], rules=[])
    addresses = ("https://a.example/rss#x", "https://b.example/rss", "gopher://c.example/")
    outlines = "".join(f'<outline text="{each}" xmlUrl="{each}"/>' for each in addresses)
    file = desk.folder / "list.opml"
    file.write_text(f"<opml><body>{outlines}</body></opml>")

    done = subprocess.run(
        desk.command("feeds", "import", str(file)), capture_output=True, text=True, check=True
    )

    assert "1 feeds added" in done.stdout
    assert "1 were there already" in done.stdout
    assert "left out: gopher://c.example/: " in done.stderr


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


def test_what_a_reference_brings_into_an_address_is_asked_for_and_never_shown(desk: Desk) -> None:
    (desk.folder / "key").write_text("s3cr3t")
    written = desk.origin.url("/a.xml") + "?key=${file:key}"
    moved = {"Location": desk.origin.url("/b.xml?key=s3cr3t")}
    desk.origin.route(
        "/a.xml", lambda asked: (301, moved, b"") if "s3cr3t" in asked.path else (403, {}, b"")
    )
    desk.origin.publish("/b.xml", rss("Outlet", [("/1.html", "One", "1.")]))
    open_feed = {"url": desk.origin.url("/c.xml"), "name": "open"}
    desk.configure(feeds=[{"url": written}, open_feed], rules=[])

    for _ in range(3):
        desk.poll("--all")
    said = [desk.run(*words) for words in (("feeds", "list", "--json"), ("plan",), ("status",))]
    said += [desk.run("feeds", "show", written), desk.run("feeds", "export")]
    rows = {row["name"]: row for row in desk.rows("feeds", "list")}

    row = rows[written]
    assert (row["url"], row["current_url"], row["entries"]) == (written, written, 1)
    assert "s3cr3t" not in "".join(said)
    assert said[-1].count("xmlUrl") == 1
    desk.run("feeds", "remove", written)
    assert "key=" not in desk.config.read_text()
