"""An article's text as HTML to be shown."""

import pytest

from ingest.articles import extract
from ingest.articles.display import fit, sanitised

URL = "https://news.example/a/quay"


@pytest.mark.parametrize(
    ("markup", "safe"),
    [
        ("<p onclick=x()>A<script>x()</script></p>", "<p>A</p>"),
        ("<svg onload=x()><p>A</p></svg>", "<p>A</p>"),
        ("<p>A <img src=https://t.example/1.gif>b</p>", "<p>A b</p>"),
        ("<form><p>A</p><input></form>", "<p>A</p>"),
        ("<p style='position:fixed'>A</p>", "<p>A</p>"),
        ('<a href="javascript:x()">A</a>', '<a rel="noopener noreferrer nofollow">A</a>'),
        ('<a href="../b">A</a>', '<a href="https://news.example/b" rel="noopener noreferrer nofollow">A</a>'),
        ("<iframe srcdoc='<p>A'></iframe>", ""),
        ("x" * 2_000_001, ""),
    ],
)  # fmt: skip
def test_only_what_is_safe_is_left(markup: str, safe: str) -> None:
    assert sanitised(markup, URL) == safe


@pytest.mark.parametrize(
    ("markup", "body", "html"),
    [
        ("<p>One <b>bold</b>.</p><p>Ad</p><p>Two.</p>", "One bold.\n\nTwo.", "<p>One <b>bold</b>.</p>\n<p>Two.</p>"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb", "<ul><li>a</li>\n<li>b</li></ul>"),
        ("<ol><li>a</li></ol><p>c</p>", "a\n\nc", "<ol><li>a</li></ol>\n<p>c</p>"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "a\n\nb", "<blockquote><p>a</p>\n<p>b</p></blockquote>"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a | b", "<table><tr><td>a</td><td>b</td></tr></table>"),
        ("<div><div>a <i>b</i></div><p>c</p></div>", "a b\n\nc", "<p>a <i>b</i></p>\n<p>c</p>"),
        ("<h2>Sub</h2><p>a<br>b</p>", "Sub\n\na\n\nb", "<h2>Sub</h2>\n<p>a</p>\n<p>b</p>"),
        ("", "a < b & c", "<p>a &lt; b &amp; c</p>"),
    ],
)  # fmt: skip
def test_it_says_what_the_body_says_in_the_form_of_the_page(
    markup: str, body: str, html: str
) -> None:
    assert fit(markup, body) == html


def test_a_page_gives_it_where_it_is_asked_for() -> None:
    words = "Words of news that go on for quite a while so that they are an article. " * 3
    page = f'<article><p>{words}<a href="/b">More</a></p><p><em>{words}</em></p></article>'

    found = extract.extract(page, url=URL, display=True)

    assert found.html.count("<p>") == 2
    assert '<a href="https://news.example/b"' in found.html
    assert extract.extract(page, url=URL).html == ""


def test_a_feeds_own_text_gives_it_too() -> None:
    found = extract.from_feed("T", "", "<p>One <b>bold</b> move.</p><p>Two.</p>", url=URL)

    assert found.html == "<p>One <b>bold</b> move.</p>\n<p>Two.</p>"
