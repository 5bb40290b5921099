"""Texts taken out of kept pages again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.articles import extract
from ingest.articles.sites import SiteRule, SiteRules
from ingest.jobs.reprocess import Cleaned, clean_again
from ingest.model import Extraction, Response
from tests.desk import page, prose
from tests.jobs.desk import JobDesk, open_job_desk


def _read(folder: Path) -> JobDesk:
    desk = open_job_desk(folder)
    desk.publish(("/a", "The harbour", "In short."), ("/b", "The pier", "In short."))
    desk.page("/a", "The harbour", *prose(1, "harbour"))
    desk.page("/b", "The pier", *prose(2, "pier"))
    desk.refresh()
    desk.read()
    return desk


def test_a_new_site_rule_is_applied_to_kept_pages(tmp_path: Path) -> None:
    """The old text stays as a revision; what the rule does not touch stays as it was."""
    desk = _read(tmp_path)
    rules = SiteRules([SiteRule(hosts=("a.example",), remove=("article p:last-child",))])

    done = clean_again(desk.store, extract.extract, rules, desk.now)

    assert done == Cleaned(2, 2, 0)
    rows = {row["title"]: row for row in desk.store.list_articles()}
    assert rows["The pier"]["body"] == "\n\n".join(prose(2, "pier")[:2])
    assert rows["The pier"]["revision"] == 2
    desk.store.close()


def test_a_kept_page_is_decoded_as_its_answer_said(tmp_path: Path) -> None:
    """Nothing in these bytes tells the euro sign of one encoding from the sign of another."""
    desk = open_job_desk(tmp_path)
    desk.publish(("/a", "The harbour", "In short."))
    html = page("The harbour", [text + " It costs 5 €." for text in prose(1, "harbour")])
    answer = {"content-type": "text/html; charset=iso-8859-15"}
    body = html.decode().encode("iso-8859-15")
    desk.web.answers["https://a.example/a"] = Response("https://a.example/a", 200, answer, body)
    desk.refresh()
    desk.read()

    assert clean_again(desk.store, extract.extract, SiteRules(), desk.now) == Cleaned(1, 0, 0)
    (row,) = desk.store.list_articles()
    assert "5 €" in row["body"]
    desk.store.close()


def test_cleaning_again_without_a_change_changes_nothing(tmp_path: Path) -> None:
    desk = _read(tmp_path)

    assert clean_again(desk.store, extract.extract, SiteRules(), desk.now) == Cleaned(2, 0, 0)
    desk.store.close()


def test_what_is_read_better_now_is_put_right_also_where_the_text_stays(tmp_path: Path) -> None:
    desk = _read(tmp_path)
    article = next(row for row in desk.store.list_articles() if row["title"] == "The pier")

    def better(*args: Any, **options: Any) -> Extraction:
        return replace(extract.extract(*args, **options), authors=("Ida Berg",))

    assert clean_again(desk.store, better, SiteRules(), desk.now) == Cleaned(2, 0, 0)
    (row,) = [row for row in desk.store.list_articles() if row["id"] == article["id"]]
    assert (row["authors"], row["revision"]) == (["Ida Berg"], 1)
    assert "<p>" in (desk.store.article_html(row["id"]) or "")
    desk.store.close()
