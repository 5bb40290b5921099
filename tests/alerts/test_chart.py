"""Charts as text, as heights for the cells of a table, and as SVG."""

from xml.etree import ElementTree as ET

from ingest.alerts import chart

SVG = "{http://www.w3.org/2000/svg}"


def test_a_chart_of_text_reaches_from_the_lowest_to_the_highest_bar() -> None:
    assert chart.text([0, 4, 8]) == "▁▅█"
    assert chart.text([0, 0]) == "▁▁"
    assert chart.text([]) == ""


def test_a_window_without_any_still_has_a_bar_to_be_seen() -> None:
    assert chart.heights([0, 5, 10]) == [1, 24, 48]
    assert chart.heights([0, 0]) == [1, 1]


def test_an_svg_says_what_it_shows_and_fits_its_box() -> None:
    drawn = ET.fromstring(chart.svg([0, 5, 10], "Surge of <S-400> & more", "0, 5, 10"))
    bars = drawn.findall(f"{SVG}rect")

    assert drawn.findtext(f"{SVG}title") == "Surge of <S-400> & more"
    assert drawn.findtext(f"{SVG}desc") == "0, 5, 10"
    assert [int(bar.get("y", "")) + int(bar.get("height", "")) for bar in bars] == [48] * 3
    assert max(int(bar.get("x", "")) for bar in bars) + chart.WIDTH <= int(drawn.get("width", ""))
    assert len({bar.get("fill") for bar in bars}) == 2
