"""`ingest db reprocess` after a site rule was written."""

from time import sleep

from tests.desk import Desk, page, prose, rss


def test_a_new_site_rule_cleans_the_kept_pages_and_tells_nobody(desk: Desk) -> None:
    text = prose(1, "ferry")
    desk.origin.publish("/a.xml", rss("A", [("/1.html", "The ferry", "In short.")]))
    desk.origin.publish("/1.html", page("The ferry", text), "text/html")
    desk.watch(["/a.xml"], {"ferries": "ferry"})
    desk.poll()
    told = len(desk.hooks)
    folder = desk.folder / "sites"
    folder.mkdir()
    (folder / "here.yaml").write_text("hosts: [127.0.0.1]\nremove: article p:last-child\n", "utf-8")

    (done,) = desk.rows("db", "reprocess", "--pages")
    (again,) = desk.rows("db", "reprocess", "--pages")

    assert done == {"pages": 1, "changed": 1, "refused": 0}
    assert again == {"pages": 1, "changed": 0, "refused": 0}
    (article,) = desk.rows("articles", "list")
    assert article["body"].split("\n\n") == text[:-1]
    assert article["revision"] == 2
    (shown,) = desk.rows("articles", "show", str(article["id"]))
    assert [each["why"] for each in shown["revisions"]] == ["cleaned_again"]
    desk.poll()
    assert len(desk.hooks) == told


def test_a_longer_window_joins_what_was_split_and_tells_nobody(desk: Desk) -> None:
    for name in ("a", "b"):
        desk.origin.publish(f"/{name}.xml", rss(name, [(f"/{name}.html", f"On {name}", "Short.")]))
        desk.origin.publish(f"/{name}.html", page(f"On {name}", prose(1, "ferry")), "text/html")
    desk.watch(["/a.xml"], {"ferries": "ferry"}, stories={"window": "1s"})
    desk.poll()
    sleep(1)
    desk.watch(["/a.xml", "/b.xml"], {"ferries": "ferry"})
    desk.poll()
    told = len(desk.hooks)
    split = desk.rows("stories", "list")
    desk.configure(stories={"window": "72h"})

    (done,) = desk.rows("db", "reprocess", "--stories")
    (again,) = desk.rows("db", "reprocess", "--stories")

    assert len(split) == 2
    assert done == {"articles": 2, "moved": 1}
    assert again == {"articles": 2, "moved": 0}
    (story,) = desk.rows("stories", "list")
    assert (story["id"], story["articles"], story["feeds"]) == (split[-1]["id"], 2, 2)
    (article, copy) = desk.rows("articles", "list")
    assert article["story"] == copy["story"] == story["id"]
    desk.poll()
    assert len(desk.hooks) == told


def test_what_to_decide_again_must_be_said(desk: Desk) -> None:
    desk.configure()

    assert "--pages, --stories or both" in desk.run("db", "reprocess", code=2)
