"""Articles that stand only in the state of a page."""

import json
from time import process_time
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from ingest.articles import appstate
from ingest.articles.words import plain

TITLE = "Vellmar closes its eastern quay"
TEXTS = [
    f"The harbour council of Vellmar has found crack number {n} in the old quay. " * 4
    for n in range(3)
]
HTML = "".join(f"<p>{text}</p>" for text in TEXTS)
BLOCKS = [{"type": "paragraph", "text": text} for text in TEXTS]
RUNS = [
    {"type": "p", "children": [{"text": text[:30]}, {"text": text[30:], "bold": True}]}
    for text in TEXTS
]


def find(script: str, kind: str = "") -> appstate.Found | None:
    tree = LexborHTMLParser(f"<body><script {kind}>{script}</script></body>")
    return appstate.find(tree, {plain(f"{TITLE} - Ports")})


@pytest.mark.parametrize(
    "article",
    [
        {"title": TITLE, "contentHtml": HTML},
        {"headline": TITLE, "body": "\n\n".join(TEXTS)},
        {"title": TITLE, "content": BLOCKS},
        {"title": TITLE, "body": {"blocks": RUNS}},
        {"title": TITLE, "paragraphs": TEXTS},
    ],
)  # fmt: skip
def test_a_text_beside_the_headline_is_found_in_any_form(article: dict[str, Any]) -> None:
    state = {"props": {"list": [{"title": "Ferry fares", "body": HTML * 2}], "page": article}}
    dumped = json.dumps(state)

    for script, kind in [
        (dumped, "type=application/json"),
        (f"window.__STATE__ = {dumped};", ""),
        (f"window.__STATE__ = JSON.parse({json.dumps(dumped)});", ""),
        (f"self.__next_f.push([1,{json.dumps('24:' + dumped)}])", ""),
        (f"var a=[1,2,'x'];if(a[0]<1){{b()}}push({dumped})", ""),
    ]:
        found = find(script, kind)

        assert found is not None, script[:40]
        assert found.title == TITLE
        text = " ".join(found.html.replace("<p>", " ").replace("</p>", " ").split())
        assert text == " ".join(" ".join(TEXTS).split())


@pytest.mark.parametrize(
    "state",
    [
        {"title": "Ferry fares rise in August", "body": HTML},
        {"title": TITLE, "body": "In short."},
        {"title": TITLE, "data": "x" * 5_000},
        {"title": TITLE[:8], "body": HTML},
        {"title": None, "body": HTML},
    ],
)
def test_what_does_not_stand_with_the_headline_or_is_no_text_is_not_taken(state: Any) -> None:
    assert find(json.dumps(state)) is None


@pytest.mark.parametrize(
    "script",
    [
        "[[" * 200_000,
        '{"a":' * 100_000,
        '["' * 300_000,
        '{"x" ' * 300_000,
        json.dumps([{"title": TITLE, "c": ["a b " * 200] * 20}] * 500),
        json.dumps(json.dumps(json.dumps(["a b" * 300]))),
    ],
)
def test_scripts_in_any_shape_cost_bounded_time(script: str) -> None:
    started = process_time()

    find(script)

    assert process_time() - started < 3.0
