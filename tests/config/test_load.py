"""Whole configurations: what is read, and every fault at once."""

from datetime import timedelta
from pathlib import Path

import pytest

from ingest.config.load import load
from ingest.errors import ConfigErrors
from tests.config.files import faults_of, settings_of

FEED = "{url: https://example.org/feed.xml, name: Example, tags: [defence]}"
MAIL = "{kind: email, to: [desk@example.org], from: bot@example.org, smtp: {host: localhost}}"


def test_an_empty_configuration_is_all_defaults(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")

    assert settings.polling.interval == timedelta(minutes=15)
    assert settings.workers == 64
    assert settings.feeds == ()
    assert settings.database == f"sqlite:///{tmp_path}/var/ingest.db"


def test_every_section_of_the_contract_is_read(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        """
include: [feeds.yaml, rules.yaml]
database: sqlite:///data/here.db
contact: mailto:desk@example.org
fetch: {timeout: 20s, max_body: 5MB, per_site: 2, site_delay: 500ms, robots: off, allow_networks: [10.0.0.0/8]}
polling: {interval: 10m, min: 1m, max: 12h, adaptive: no, first: store}
articles: {full_text: true, max_page: 10MB, recheck: [1h, 1h30m]}
stories: {window: 2d}
retention: {articles: 30d, raw_pages: 1w}
web: {listen: "[::1]:8080", password_file: web.password, base_url: https://ingest.example.org}
metrics: {enabled: false}
log: {format: json, level: warning}
workers: 4
channels:
  desk:
    kind: email
    to: [desk@example.org]
    from: bot@example.org
    smtp: {host: mail.example.org, port: 587, security: starttls, username: bot, password: "${PW}"}
  morning: {kind: email, to: [lead@example.org], from: bot@example.org, digest: {at: "07:00", timezone: Europe/Berlin}, smtp: {host: localhost, port: 25}}
  soc: {kind: webhook, url: https://soc.example.org/hook, secret: "${KEY}"}
  phone: {kind: apprise, url: "${NTFY}", quiet_hours: {from: "22:00", to: "07:00", timezone: Europe/Berlin}, rate: 10/h}
health: {channels: [desk], feed_failing_after: 12h, feed_silent_factor: 4}
""",
        {"PW": "p", "KEY": "0123456789abcdef0123456789abcdef", "NTFY": "ntfy://topic"},
        feeds="""
feeds:
  - {url: https://example.org/rss.xml, name: Example, tags: [defence], interval: 10m}
  - {url: https://example.net/atom.xml, full_text: false, headers: {Authorization: "${PW}"}}
""",
        rules="""
rules:
  - name: systems
    query: '"S-400" AND (Belarus OR Lukashenko) NOT title:cricket'
    tags: [defence]
    notify: [desk, soc]
    on: article
    repeat: story
    surge: {factor: 4, window: 2h}
""",
    )

    assert settings.database == f"sqlite:///{tmp_path}/data/here.db"
    assert settings.fetch.robots is False
    assert settings.fetch.max_body == 5_000_000
    assert settings.polling.adaptive is False
    assert settings.articles.recheck == (timedelta(hours=1), timedelta(minutes=90))
    assert settings.web.password_file == tmp_path / "web.password"
    assert list(settings.channels) == ["desk", "morning", "soc", "phone"]
    assert settings.feeds[1].headers["Authorization"].get_secret_value() == "p"
    assert settings.rules[0].on == "article"


def test_an_absolute_database_path_stays(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "database: sqlite:////srv/x.db").database == "sqlite:////srv/x.db"


def test_keys_with_nothing_under_them_say_nothing(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "feeds:\nrules: ~\nfetch:\n  # timeout: 5s\n")

    assert settings.feeds == ()
    assert settings.fetch.timeout == timedelta(seconds=30)


def test_lists_of_included_files_are_joined_in_order(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        "include: ['*.yaml']\nfeeds: [{url: https://a.example/}]",
        second="feeds: [{url: https://c.example/}]",
        first="include: [second.yaml]\nfeeds: [{url: https://b.example/}]",
    )

    assert [feed.url for feed in settings.feeds] == [
        "https://a.example/",
        "https://b.example/",
        "https://c.example/",
    ]


def test_included_names_are_relative_to_the_including_file(tmp_path: Path) -> None:
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams" / "one.yaml").write_text("include: [two.yaml]")
    (tmp_path / "teams" / "two.yaml").write_text("feeds: [{url: https://a.example/}]")

    assert len(settings_of(tmp_path, "include: [teams/one.yaml]").feeds) == 1


def test_all_faults_of_all_files_come_at_once_in_reading_order(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        "include: [feeds.yaml, nope.yaml]\nworkers: many\npolling:\n  intervall: 10m\n",
        feeds="workers: 3\nfeeds:\n  - {name: A, tags: x}\n  - {url: ftp://x}\n\tb: c\n",
    )

    assert [fault.rsplit(": ", 1)[0].split(": ")[0] for fault in faults] == [
        "ingest.yaml:1:23",
        "ingest.yaml:2:10",
        "ingest.yaml:4:3",
        "feeds.yaml:5:1",
    ]
    assert "unknown key `intervall` (did you mean `interval`?)" in faults[2]


FAULTS = {
    "unknown key": (
        "polling: {intervall: 10m}",
        "1:11: unknown key `intervall` (did you mean `interval`?)",
    ),
    "unknown key, nothing near": ("stories: {zzz: 1}", "1:11: unknown key `zzz` (known: window)"),
    "unknown section": ("fetchh: {}", "1:1: unknown key `fetchh` (did you mean `fetch`?)"),
    "unknown key of a channel": (
        "channels: {a: {kind: email, to: [a@example.org], from: b@example.org, smtp: {host: h, prt: 25}}}",
        "1:87: unknown key `prt` (did you mean `port`?)",
    ),
    "no channel of that kind": (
        "channels: {a: {kind: mail}}",
        "1:22: `kind` must be one of: email, webhook, apprise",
    ),
    "channel without kind": ("channels: {a: {url: x}}", "1:15: `kind` is missing"),
    "missing": ("feeds: [{name: A}]", "1:9: `url` is missing"),
    "choice": ("log: {format: xml}", "1:15: `format` must be one of: console, json"),
    "number": ("workers: many", "1:10: `workers` must be a whole number"),
    "range": ("workers: 0", "1:10: `workers` must be greater than or equal to 1"),
    "yes or no": ("fetch: {robots: maybe}", "1:17: `robots` must be true or false"),
    "duration": (
        "polling: {interval: soon}",
        "1:21: `interval` is not a duration; write for example 30s, 15m, 2h or 7d",
    ),
    "huge duration": (
        "polling: {max: 9999999999999d}",
        "1:16: `max` is longer than a hundred years",
    ),
    "huge size": (
        "fetch: {max_body: 99999999999999GB}",
        "1:19: `max_body` is larger than a terabyte",
    ),
    "size": ("fetch: {max_body: big}", "1:19: `max_body` is not a size"),
    "polling out of order": ("polling: {min: 1h}", "1:10: `polling` is out of order"),
    "list": ("feeds: [{url: https://a.example/, tags: news}]", "1:41: `tags` must be a list"),
    "section": ("log: loud", "1:6: `log` must be a section with keys of its own"),
    "nothing where something is needed": (
        "retention:\n  articles:\n",
        "2:3: `articles` must be a duration",
    ),
    "network": (
        "fetch: {allow_networks: [ten]}",
        "1:26: `allow_networks` is not a valid IPv4 network",
    ),
    "database": ("database: mysql://h/d", "1:11: `database` is not a database this program knows"),
    "contact": ("contact: me", "1:10: `contact` is not a contact; write mailto:"),
    "listen": ("web: {listen: here}", "1:15: `listen` is not a place to listen on"),
    "port": ("web: {listen: '127.0.0.1:65536'}", "1:15: `listen` is not a place to listen on"),
    "feed address": ("feeds: [{url: /feed.xml}]", "1:15: `url` must be a web address"),
    "broken address": ("feeds: [{url: 'http://[::1/x'}]", "1:15: `url` must be a web address"),
    "not keys": ("- a\n- b\n", "1:1: keys are expected here"),
    "text alone": ("hello", "1:1: keys are expected here"),
    "query": ("rules: [{name: r, query: 'it''s (a'}]", "1:33: `query`: "),
    "query over lines": (
        "rules:\n  - name: r\n    query: >\n      a AND\n      (b\n",
        "3:12: `query`: ",
    ),
    "two feeds of one name": (
        "feeds: [{url: https://a.example/, name: A}, {url: https://b.example/, name: A}]",
        "1:77: two feeds are called `A` (the other is on line 1)",
    ),
    "two feeds of one address and no name": (
        "feeds: [{url: https://a.example/}, {url: https://a.example/}]",
        "1:42: two feeds are called `https://a.example/`",
    ),
    "two rules of one name": (
        "rules: [{name: r, query: a}, {name: r, query: b}]",
        "1:37: two rules are called `r`",
    ),
    "nameless rule": ("rules: [{name: ' ', query: a}]", "1:16: a rule needs a name"),
    "unknown channel": (
        f"channels: {{desk: {MAIL}}}\nrules: [{{name: r, query: a, notify: [dsk]}}]",
        "2:38: unknown channel `dsk` (did you mean `desk`?)",
    ),
    "unknown channel of health": ("health: {channels: [desk]}", "1:21: unknown channel `desk`"),
    "unknown feed": (
        f"feeds: [{FEED}]\nrules: [{{name: r, query: a, feeds: [Exampel]}}]",
        "2:37: unknown feed `Exampel` (did you mean `Example`?)",
    ),
    "unknown tag": (
        f"feeds: [{FEED}]\nrules: [{{name: r, query: a, tags: [defense]}}]",
        "2:36: unknown tag `defense`: no feed has it (did you mean `defence`?)",
    ),
    "include that is no list": ("include: feeds.yaml", "1:10: `include` must be a list"),
    "include that is missing": (
        "include: [nope.yaml]",
        "1:11: cannot read nope.yaml: No such file",
    ),
    "include of no file name": ('include: ["a\\0b"]', "1:11: cannot read a\0b: embedded null byte"),
    "include through a reference": (
        "include: ['${X}.yaml']",
        "1:11: the environment variable X is",
    ),
    "address through a reference": (
        "feeds: [{url: '${X}'}]",
        "1:15: the environment variable X is",
    ),
    "include of a folder": ("include: [.]", "1:11: cannot read "),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_one_sentence_at_its_place(tmp_path: Path, text: str, expected: str) -> None:
    faults = faults_of(tmp_path, text)

    assert len(faults) == 1, faults
    assert faults[0].startswith(f"ingest.yaml:{expected}")


def test_a_key_given_in_two_files_is_a_fault_that_names_both(tmp_path: Path) -> None:
    text = f"include: [more.yaml]\nchannels: {{desk: {MAIL}}}\n"
    faults = faults_of(tmp_path, text, more=f"channels: {{soc: {MAIL}}}\n")

    assert faults == [
        "more.yaml:1:1: the key `channels` is given twice (also on ingest.yaml:2)",
    ]


def test_names_twice_in_two_files_name_both(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, f"include: [more.yaml]\nfeeds: [{FEED}]", more=f"feeds: [{FEED}]")

    assert faults == [
        "more.yaml:1:51: two feeds are called `Example` (the other is on ingest.yaml:2)"
    ]


def test_a_query_is_shown_with_a_caret(tmp_path: Path) -> None:
    fault = faults_of(tmp_path, "rules:\n  - name: r\n    query: Minsk AND (S-400\n")[0]

    lines = fault.splitlines()
    caret = next(number for number, line in enumerate(lines) if line.strip() == "^")
    assert lines[caret - 1][lines[caret].index("^")] == "("


def test_names_are_not_looked_up_when_a_file_is_missing(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path, "include: [feeds.yaml]\nrules: [{name: r, query: a, feeds: [A], notify: [b]}]"
    )

    assert len(faults) == 1


def test_a_fault_in_a_shared_part_is_reported_once(tmp_path: Path) -> None:
    text = f"channels:\n  a: &a {MAIL.replace('host', 'hst')}\n  b: *a\n"

    assert len([fault for fault in faults_of(tmp_path, text) if "unknown key" in fault]) == 1


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match=r"cannot read .*No such file.*ingest init"):
        load(tmp_path / "ingest.yaml", {})


def test_text_in_another_encoding_is_a_fault_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "ingest.yaml").write_bytes(b"workers: 1\ncontact: \xe9\n")

    with pytest.raises(ConfigErrors, match=r"ingest\.yaml:2:10: not UTF-8 text"):
        load(tmp_path / "ingest.yaml", {})


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "ingest.yaml").write_bytes(b"\xef\xbb\xbfworkers: 3\n")

    assert load(tmp_path / "ingest.yaml", {}).workers == 3


def test_ten_thousand_faults_are_all_told(tmp_path: Path) -> None:
    feeds = "".join(f"  - {{url: https://example.org/{n}, nmae: x}}\n" for n in range(10_000))

    assert len(faults_of(tmp_path, "feeds:\n" + feeds)) == 10_000


def test_a_site_rule_beside_the_configuration_is_read(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "example.yaml").write_text("hosts: [example.org]\nbody: article\n")

    settings = settings_of(tmp_path, "")

    rule = settings.site_rules.for_url("https://www.example.org/a")
    assert rule is not None
    assert rule.body == ("article",)
    assert settings.site_rules.for_url("https://example.com/a") is None


def test_a_fault_in_a_site_rule_comes_with_the_others(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "example.yaml").write_text("hosts: [example.org]\nbdy: article\n")

    faults = faults_of(tmp_path, "workers: many")

    assert len(faults) == 2
    assert any("sites/example.yaml" in fault for fault in faults)


def test_a_chain_of_includes_ends_only_with_its_last_file(tmp_path: Path) -> None:
    for number in range(1500):
        (tmp_path / f"f{number}.yaml").write_text(f"include: [f{number + 1}.yaml]\n")
    (tmp_path / "f1500.yaml").write_text("workers: 3\n")

    assert settings_of(tmp_path, "include: [f0.yaml]").workers == 3
