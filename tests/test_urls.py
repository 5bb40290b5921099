"""The one spelling of an address, its site, and links made absolute."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import urls

SAME = [
    pytest.param("HTTP://News.Example.ORG/a", "http://news.example.org/a", id="letter case"),
    pytest.param("https://example.org", "https://example.org/", id="empty path"),
    pytest.param("https://example.org:443/a", "https://example.org/a", id="default port"),
    pytest.param("https://example.org:/a", "https://example.org/a", id="empty port"),
    pytest.param("http://example.org:8080/", "http://example.org:8080/", id="other port"),
    pytest.param("https://example.org./a", "https://example.org/a", id="root dot"),
    pytest.param("https://me:pw@example.org/a", "https://example.org/a", id="user name"),
    pytest.param("https://bücher.example/", "https://xn--bcher-kva.example/", id="umlaut host"),
    pytest.param("https://i❤.example/", "https://xn--i-7iq.example/", id="emoji host"),
    pytest.param("https://пример.example/", "https://xn--e1afmkfd.example/", id="cyrillic host"),
    pytest.param("https://e.org/a/./b/../c", "https://e.org/a/c", id="dot segments"),
    pytest.param("https://e.org/a/b/..", "https://e.org/a/", id="trailing dots"),
    pytest.param("https://e.org/../../x", "https://e.org/x", id="dots above the root"),
    pytest.param("https://e.org/a//b", "https://e.org/a//b", id="empty segment kept"),
    pytest.param("https://e.org/%7ejo/%e2%82%ac", "https://e.org/~jo/%E2%82%AC", id="escapes"),
    pytest.param("https://e.org/ä b", "https://e.org/%C3%A4%20b", id="raw characters"),
    pytest.param("https://e.org/100%", "https://e.org/100%25", id="stray percent"),
    pytest.param("https://e.org/a%2Fb", "https://e.org/a%2Fb", id="escaped slash kept"),
    pytest.param("https://e.org/a#top", "https://e.org/a", id="fragment"),
    pytest.param("https://e.org/#!/story/1", "https://e.org/#!/story/1", id="hashbang"),
    pytest.param("https://e.org/a?", "https://e.org/a", id="empty query"),
    pytest.param("https://e.org/a?b=2&a=1", "https://e.org/a?b=2&a=1", id="order kept"),
    pytest.param(
        "https://e.org/a?utm_source=rss&id=7&FBCLID=x&at_medium=RSS",
        "https://e.org/a?id=7",
        id="trk",
    ),
    pytest.param(
        "https://e.org/a?PHPSESSID=1&id=7&ASPSESSIONIDAB=2", "https://e.org/a?id=7", id="session"
    ),
    pytest.param(
        "https://e.org/a;jsessionid=1.n/b;v=2?c", "https://e.org/a/b;v=2?c", id="java session"
    ),
    pytest.param("https://e.org/a;%6Asessionid=1", "https://e.org/a", id="escaped session"),
    pytest.param(
        "https://e.org/a?sid=9f86d081884c7d65",
        "https://e.org/a?sid=9f86d081884c7d65",
        id="perhaps a session",
    ),
    pytest.param("https://e.org/a?ref=b", "https://e.org/a?ref=b", id="ambiguous name kept"),
    pytest.param(" https://e.org/a\n/b ", "https://e.org/a/b", id="line break"),
    pytest.param("https:\\\\e.org\\a?b=\\", "https://e.org/a?b=%5C", id="backslashes"),
    pytest.param("http://[2001:DB8:0::1]:80/", "http://[2001:db8::1]/", id="ipv6"),
]


@pytest.mark.parametrize(("url", "expected"), SAME)
def test_an_address_has_one_spelling(url: str, expected: str) -> None:
    assert urls.canonical(url) == expected


@pytest.mark.parametrize(
    "other",
    ["http://e.org/a", "https://www.e.org/a", "https://m.e.org/a", "https://e.org/a/amp"],
)
def test_forms_that_only_the_site_can_join_stay_apart(other: str) -> None:
    assert urls.canonical(other) != urls.canonical("https://e.org/a")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "story.html",
        "//e.org/a",
        "mailto:a@e.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://e.org/",
        "https://",
        "https://.../",
        "https://a b/",
        "https://e.org:port/",
        "https://e.org:99999/",
        "http://[::1/",
        "http://[::1%25eth0]/",
        "https://e.org/" + "a" * 20_000,
        "https://" + "ü" * 300 + ".org/",
    ],
)
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several causes, all of them ValueError
        urls.canonical(url)
    with pytest.raises(ValueError):  # noqa: PT011
        urls.site(url)


HOSTS = st.sampled_from(
    ["e.org", "E.ORG:443", "bücher.example", "[::1]", "a%2eb.org", "x@e.org", "ß.de", "i❤.ws"]
)
TAILS = st.text(alphabet=st.sampled_from("/.%2eEfF7~?&=#!+ \\üа\ud800\x00autm_"), max_size=40)
ANY_URL = st.one_of(
    st.text(max_size=60),
    st.builds("{}://{}{}".format, st.sampled_from(["http", "HTTPS"]), HOSTS, TAILS),
    st.builds("https://{}/".format, st.text(max_size=30)),
)


@settings(deadline=None)
@given(ANY_URL)
def test_the_spelling_is_its_own_spelling_and_plain_ascii(url: str) -> None:
    try:
        once = urls.canonical(url)
    except ValueError:
        return

    assert urls.canonical(once) == once
    assert once.isascii()
    assert once.isprintable()
    assert " " not in once
    assert urls.site(once) == urls.site(url)


@settings(deadline=None)
@given(ANY_URL, st.text(max_size=60))
def test_joining_gives_an_http_address_or_nothing(base: str, link: str) -> None:
    joined = urls.join(base, link)

    assert joined is None or urlsplit(joined).scheme in {"http", "https"}
    assert joined is None or urls.canonical(joined)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.bbc.co.uk/a", "bbc.co.uk"),
        ("https://example.org/", "example.org"),
        ("https://a.b.example.com.:8443/", "example.com"),
        ("https://someone.github.io/", "github.io"),
        ("https://co.uk/", "co.uk"),
        ("http://feeds.corp.internal/", "corp.internal"),
        ("http://localhost:8080/x", "localhost:8080"),
        ("http://localhost/x", "localhost:80"),
        ("http://127.0.0.1:9000/", "127.0.0.1:9000"),
        ("https://[::1]/", "[::1]:443"),
        ("https://www.bücher.de/", "xn--bcher-kva.de"),
    ],
)
def test_a_site_is_the_registrable_domain_or_host_and_port(url: str, expected: str) -> None:
    assert urls.site(url) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/drupal/story.html", "http://h:81/drupal/story.html"),
        ("story.html", "http://h:81/news/story.html"),
        ("../a", "http://h:81/a"),
        ("?page=2", "http://h:81/news/feed.xml?page=2"),
        ("//cdn.example/x", "http://cdn.example/x"),
        ("https://e.org/a b", "https://e.org/a%20b"),
        ("", "http://h:81/news/feed.xml"),
        (" \n/x\t", "http://h:81/x"),
        ("mailto:a@e.org", None),
        ("javascript:alert(1)", None),
        ("JAVA\nSCRIPT:alert(1)", None),
        ("data:text/html,x", None),
        ("http://[", None),
        ("tag:e.org,2024:1", None),
    ],
)
def test_links_are_read_against_their_base(link: str, expected: str | None) -> None:
    assert urls.join("http://h:81/news/feed.xml", link) == expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" https://a.example/x ", ["https://a.example/x"]),
        ("a.example/x?u=http://b.example", ["https://a.example/x?u=http://b.example",
                                            "http://a.example/x?u=http://b.example"]),
        ("localhost:8080", ["https://localhost:8080", "http://localhost:8080"]),
        ("[::1]/x", ["https://[::1]/x", "http://[::1]/x"]),
        ("//a.example/", ["https://a.example/", "http://a.example/"]),
        ("feed://a.example/", ["http://a.example/"]),
        ("FEED:https://a.example/", ["https://a.example/"]),
        *((each, []) for each in ("", "word", "/x", "ftp://a.example/", "mailto:b@a.example",
                                  "b@a.example", "javascript:alert(1)", "http://", "feed:")),
    ],
)  # fmt: skip
def test_what_people_write_as_an_address(written: str, meant: list[str]) -> None:
    assert list(urls.typed(written)) == meant
