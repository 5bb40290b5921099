"""Stories as the command line shows them."""

from tests.desk import Desk, page, prose, rss

OWN = "Our own reporter at the harbour adds that nobody had told the fishermen of any of it."


def publish(desk: Desk) -> None:
    """Two outlets with one text, the second without its last paragraph and with one of its own."""
    text = prose(1, "ferry")
    told = {"a": text, "b": [text[0], OWN, text[1]]}
    for name, paragraphs in told.items():
        desk.origin.publish(f"/{name}.xml", rss(name, [(f"/{name}/1.html", f"On {name}", "T.")]))
        desk.origin.publish(f"/{name}/1.html", page(f"On {name}", paragraphs), "text/html")
    desk.watch(["/a.xml", "/b.xml"], {})
    desk.poll()


def test_a_story_shows_what_each_source_added_and_left_out(desk: Desk) -> None:
    publish(desk)
    (story,) = desk.rows("stories", "list")
    (shown,) = desk.rows("stories", "show", str(story["id"]))
    first, second = shown["sources"]
    added = second if second["feed"] == "b.xml" else {**second, "added": second["left_out"]}

    assert "added" not in first
    assert added["added"] == {"words": 17, "passages": [OWN.rstrip(".")]}
    printed = desk.run("stories", "show", str(story["id"]))
    assert "added" in printed
    assert f"“{OWN.rstrip('.')}”" in printed


def test_explain_names_the_distance_and_the_passages_in_common(desk: Desk) -> None:
    publish(desk)
    (story,) = desk.rows("stories", "list")
    (shown,) = desk.rows("stories", "show", str(story["id"]))
    copy = shown["sources"][1]
    (told,) = desk.rows("explain", str(copy["article"]))

    assert told["placement"]["why"] == "near_copy"
    assert told["placement"]["peer"] == shown["sources"][0]["article"]
    assert told["placement"]["shared"]["words"] > 60
    printed = desk.run("explain", str(copy["article"]))
    assert f"distance {copy['distance']} from article" in printed
    assert "“The ferry of" in printed


def test_an_article_is_shown_as_html_in_the_form_of_its_page(desk: Desk) -> None:
    desk.origin.publish("/a.xml", rss("A", [("/1.html", "The ferry", "In short.")]))
    first, *others = prose(1, "ferry")
    bold = [f"<b>{first}</b><script>x()</script>", *others]
    desk.origin.publish("/1.html", page("The ferry", bold), "text/html")
    desk.watch(["/a.xml"], {})
    desk.poll()
    (article,) = desk.rows("articles", "list")

    shown = desk.run("articles", "show", "--html", str(article["id"]))

    assert shown.splitlines() == [f"<p><b>{first}</b></p>", *(f"<p>{text}</p>" for text in others)]
