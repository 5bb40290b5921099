"""Site rules: what a file may say, which rule fits a page, what it changes."""

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from ingest.articles import extract
from ingest.articles.by_rule import next_page
from ingest.articles.sites import SiteRule, SiteRules, parse_rule
from ingest.errors import ConfigError

SHIPPED = sorted((Path(__file__).parents[2] / "config" / "sites").glob("*.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("body: p", "x.yaml:1:1: `hosts` is missing"),
        ("hosts: [a.test]\nbodi: p", "x.yaml:2:1: unknown key `bodi` (did you mean `body`?)"),
        ("hosts: [a.test]\nbody: 'p[['", "x.yaml:2:1: `body`: `p[[` is not a CSS selector"),
        ("hosts: [a.test]\ndate: ''", "x.yaml:2:1: `date`: `` is not a CSS selector"),
        ("hosts: [a.test]\nremove: [.x, 'p::after']", "`p::after` is not a CSS selector"),
        ("hosts: [https://a.test/x]", "is not a host name"),
        ("hosts: [a.test]\nhosts: [b.test]", "x.yaml:2:1: `hosts` is given twice"),
        ("hosts: [a.test", "not valid YAML"),
        ("- a\n- b", "a site rule is a mapping"),
        ("", "a site rule is a mapping"),
        ("{[1]: 2}", "a site rule is a mapping of plain keys"),
    ],
)
def test_a_fault_in_a_rule_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rule(text, "x.yaml")

    assert message in str(caught.value)


def test_a_rule_may_give_one_selector_or_a_list() -> None:
    assert parse_rule("hosts: A.test.\nbody: [main, article]", "x") == SiteRule(
        hosts=("a.test",), body=("main", "article")
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_rules_are_valid(path: Path) -> None:
    assert parse_rule(path.read_text("utf-8"), path.name).hosts


def test_a_host_rule_serves_its_subdomains_and_the_nearest_wins() -> None:
    broad, narrow = SiteRule(hosts=("a.test",)), SiteRule(hosts=("news.a.test",))
    rules = SiteRules([broad, narrow])

    assert rules.for_url("https://www.a.test/x") is broad
    assert rules.for_url("https://m.news.a.test./x") is narrow
    assert rules.for_url("https://nota.test/") is None
    assert rules.for_url("https://[bad/") is None


def test_of_two_rules_for_one_host_the_later_wins() -> None:
    first, second = SiteRule(hosts=("a.test",)), SiteRule(hosts=("a.test",), title="h2")

    assert SiteRules([first, second]).for_url("http://a.test/") is second


PAGE = """<html><head><title>Wrong | A</title></head><body><h1>Wrong</h1><h2 class=t>Right headline</h2>
<div class=w>Oda Brandt</div><div class=w>Ilse Toren</div><i class=d>3 June 2031</i>
<div class=side>A long paragraph that any other extractor would take for the article of this page, sadly.
It goes on for a second sentence to be quite sure of that.</div>
<div class=b><p>Short text.</p><p class="x y">Not this.</p></div><a class=n href="/p?page=2">2</a></body></html>"""
RULE = SiteRule(
    hosts=("a.test",), body=(".none", ".b"), title=".t", authors=".w", date=".d", remove=(".x",),
    next_page=".n",
)  # fmt: skip


def test_a_rule_decides_over_what_the_page_says() -> None:
    page = PAGE.replace("Short text.", "A text of the article, found by the rule alone.")

    found = extract.extract(page, url="https://a.test/p", rule=RULE)

    assert found.body == "A text of the article, found by the rule alone."
    assert (found.title, found.authors) == ("Right headline", ("Oda Brandt", "Ilse Toren"))
    assert (found.date, found.method) == ("2031-06-03", "site_rule")


def test_a_rule_that_fits_nothing_leaves_the_page_to_the_usual_way() -> None:
    rule = SiteRule(hosts=("a.test",), body=(".gone",), title=".gone")

    found = extract.extract(PAGE, url="https://a.test/p", rule=rule)

    assert found.method == "page"
    assert found.body.startswith("A long paragraph")
    assert "site_rule_unused" in found.warnings


def test_the_next_page_is_found_by_the_rule() -> None:
    assert next_page(LexborHTMLParser(PAGE), RULE, "https://a.test/p") == "https://a.test/p?page=2"
    assert next_page(LexborHTMLParser("<p>last"), RULE, "https://a.test/p") is None
