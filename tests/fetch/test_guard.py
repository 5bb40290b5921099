"""Addresses that a feed or page has no business leading us to are refused."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import Blocked
from ingest.fetch import guard

PRIVATE_V4 = st.one_of(
    *(
        st.ip_addresses(network=network)
        for network in (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "224.0.0.0/3",
        )
    )
)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.251",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "fd00:ec2::254",
        "fe80::1",
        "ff02::1",
        "5f00::1",
        "4000::1",
    ],
)
def test_inner_addresses_are_refused_with_a_reason(address: str) -> None:
    assert guard.check(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "::ffff:93.184.216.34",
        "64:ff9b::93.184.216.34",
    ],
)
def test_public_addresses_may_be_dialled(address: str) -> None:
    assert guard.check(ip_address(address)) is None


@settings(deadline=None)
@given(PRIVATE_V4)
def test_no_ipv6_costume_makes_an_inner_address_public(inner: IPv4Address) -> None:
    number = int(inner)
    costumes = [
        number,
        (0xFFFF << 32) | number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),
    ]

    assert all(guard.check(IPv6Address(costume)) for costume in costumes)


@settings(deadline=None)
@given(st.ip_addresses())
def test_an_allowed_network_opens_itself_and_nothing_else(
    address: IPv4Address | IPv6Address,
) -> None:
    networks = [ip_network("10.9.0.0/16"), ip_network("fd00:9::/32")]
    inside = any(address in network for network in networks)

    assert guard.check(address, networks) == (None if inside else guard.check(address))


def test_an_allowed_network_is_open_in_mapped_spelling_too() -> None:
    networks = [ip_network("127.0.0.0/8")]

    assert guard.check(ip_address("::ffff:127.0.0.1"), networks) is None
    assert guard.check(ip_address("::1"), networks)


@pytest.mark.parametrize(
    ("port", "refused"), [(80, False), (443, False), (8080, False), (22, True), (25, True)]
)
def test_low_ports_are_for_the_web_alone(port: int, refused: bool) -> None:
    public = ip_address("93.184.216.34")
    inner = ip_address("10.0.0.1")

    assert bool(guard.check_port(public, port)) is refused
    assert guard.check_port(public, port, ports=[22, 25]) is None
    assert guard.check_port(inner, port, networks=[ip_network("10.0.0.0/8")]) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://[::1%25eth0]/",
        "http://[::1/",
        "http://[v1.x]/",
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://example.org\\@10.0.0.1/",
        "http://10.0.0.1\\.example.org/",
        "http://%31%32%37.0.0.1/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:8a/",
        "http://exa mple.org/",
        "http://example..org/",
        "http://.example.org/",
        "http:///path",
        "http://",
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "javascript:alert(1)",
        "//example.org/",
        "example.org",
        "",
        "http://example.org/\r\nX: y",
        "http://example.org/\0",
        "http://" + "a" * 64 + ".org/",
        "http://example.org/" + "a" * 20_000,
        "http://" + "é" * 300 + ".org/",
    ],
)
def test_odd_addresses_are_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises(Blocked) as caught:
        guard.read_url(url)

    assert "secret" not in str(caught.value) + caught.value.url


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://Example.ORG", ("https://example.org/", "example.org", 443, "/")),
        ("http://example.org:80/a#b", ("http://example.org/a", "example.org", 80, "/a")),
        ("http://h:8080/?q=1", ("http://h:8080/?q=1", "h", 8080, "/?q=1")),
        ("http://h?q", ("http://h/?q", "h", 80, "/?q")),
        ("http://bücher.example/ü", ("http://xn--bcher-kva.example/ü", None, 80, "/ü")),
        ("http://[2A00::1]:81/", ("http://[2a00::1]:81/", "2a00::1", 81, "/")),
        ("http://①②⑦.0.0.1/", ("http://127.0.0.1/", "127.0.0.1", 80, "/")),
        (" http://a_b.example./x ", ("http://a_b.example./x", "a_b.example.", 80, "/x")),
        ("http://x/@user/p", ("http://x/@user/p", "x", 80, "/@user/p")),
    ],
)
def test_an_address_is_taken_apart(url: str, target: tuple[str, str | None, int, str]) -> None:
    found = guard.read_url(url)

    assert (found.url, found.port, found.path) == (target[0], target[2], target[3])
    assert found.host == (target[1] or "xn--bcher-kva.example")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.org{text}", f"http://[{text}]/"):
        try:
            target = guard.read_url(url)
        except Blocked:
            continue
        assert guard.read_url(target.url) == target


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_redirect_leads_to_an_address_or_is_refused(text: str) -> None:
    base = guard.read_url("https://example.org/a/b?c")
    try:
        target = guard.follow(base, text)
    except Blocked:
        return
    assert target.scheme in {"http", "https"}


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("x", "https://example.org/a/x"),
        ("/x", "https://example.org/x"),
        ("//y.example/", "https://y.example/"),
        ("?d", "https://example.org/a/b?d"),
        ("http://z.example", "http://z.example/"),
        ("/\xc3\xa9", "https://example.org/é"),
        ("/\xe9", "https://example.org/é"),
        ("/a b", "https://example.org/a b"),
    ],
)
def test_redirects_are_read_against_their_base(location: str, url: str) -> None:
    assert guard.follow(guard.read_url("https://example.org/a/b?c"), location).url == url


def test_shown_addresses_have_no_user_name_and_an_end() -> None:
    assert guard.without_userinfo("https://me:pw@h/x@y?z@") == "https://h/x@y?z@"
    assert len(guard.without_userinfo("http://h/" + "a" * 999)) == 200
