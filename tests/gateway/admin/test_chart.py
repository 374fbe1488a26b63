"""Charts: readable without colour and without eyes, well-formed whatever the words in them."""

import re
from xml.etree import ElementTree as ET

import pytest

from gateway.admin.chart import (
    _DARK,
    _LIGHT,
    LARGEST,
    MAX_SERIES,
    Chart,
    ChartError,
    Series,
    Threshold,
    _Palette,
    render,
)

SVG = "{http://www.w3.org/2000/svg}"


def a_chart(**changed) -> Chart:
    fields = {
        "title": "Codes",
        "description": "How many codes are needed.",
        "x_label": "percent",
        "y_label": "codes",
        "series": (Series("Hong Kong", ((0, 1), (30, 44))), Series("Macao", ((0, 1), (30, 4)))),
        "thresholds": (Threshold(30, "30 codes reserved"),),
    }
    return Chart(**(fields | changed))


def drawn(**changed) -> ET.Element:
    return ET.fromstring(render(a_chart(**changed)))  # noqa: S314 - drawn a moment ago


def words(picture: ET.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


def places(element: ET.Element, path: str = f"{SVG}path[@class='line']") -> list[tuple[float, float]]:
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", element.find(path).get("d"))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_the_picture_has_a_name_and_a_description_for_people_who_do_not_see_it() -> None:
    picture = drawn()

    named = {element.get("id"): element.text for element in picture if element.get("id")}
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "chart-title chart-desc"
    assert named == {"chart-title": "Codes", "chart-desc": "How many codes are needed."}


def test_every_line_differs_in_marker_and_dashes_not_only_in_colour() -> None:
    series = tuple(Series(f"line {index}", ((0, index), (1, index))) for index in range(MAX_SERIES))

    picture = drawn(series=series)
    markers = {path.get("d") for path in picture.iter(f"{SVG}path") if path.get("class") == "marker"}
    dashes = set(re.findall(r"stroke-dasharray:([^}]+)", picture.find(f"{SVG}style").text))
    assert (len(markers), len(dashes)) == (MAX_SERIES, MAX_SERIES)


def test_axes_legend_and_limit_are_labelled() -> None:
    shown = words(drawn())

    for label in ("percent", "codes", "Hong Kong", "Macao", "30 codes reserved", "0", "30", "50"):
        assert label in shown


def test_every_point_says_its_value() -> None:
    titles = [element.text for element in drawn().iter(f"{SVG}title")]

    assert "Hong Kong: 30, 44" in titles
    assert "Macao: 30, 4" in titles


def test_larger_values_stand_higher_and_further_right() -> None:
    line = next(group for group in drawn().iter(f"{SVG}g") if group.get("class") == "s0")

    (left, low), (right, high) = places(line)
    assert left < right
    assert low > high  # the vertical axis of SVG runs downwards


def test_the_name_of_a_limit_has_room_above_the_highest_line() -> None:
    picture = drawn(series=(Series("Macao", ((0, 1), (30, 4))),))

    label = next(text for text in picture.iter(f"{SVG}text") if text.text == "30 codes reserved")
    axis = next(text for text in picture.iter(f"{SVG}text") if text.text == "codes")
    assert float(label.get("y")) - float(axis.get("y")) > 20


def test_dates_can_stand_on_the_horizontal_axis() -> None:
    shown = words(drawn(x_ticks=((0, "1 Jan 2026"), (31, "1 Feb 2026"))))

    assert {"1 Jan 2026", "1 Feb 2026"} <= set(shown)
    assert "15" not in shown


def test_dark_pages_get_a_dark_chart() -> None:
    style = drawn().find(f"{SVG}style").text

    assert "@media (prefers-color-scheme:dark)" in style


def test_two_charts_on_one_page_share_neither_ids_nor_styles() -> None:
    first, second = drawn(name="capacity"), drawn(name="expiry")

    ids = [element.get("id") for picture in (first, second) for element in picture if element.get("id")]
    assert len(ids) == len(set(ids))
    rules = [line for line in second.find(f"{SVG}style").text.splitlines() if line != "}"]
    assert all(line.startswith((".expiry ", "@media")) for line in rules)


def test_words_are_shown_and_never_become_markup() -> None:
    hostile = "</desc><script>alert(1)</script> & \"quoted\" 'too' ]]> 香港"

    picture = drawn(title=hostile, description=hostile, x_label=hostile, series=(Series(hostile, ((0, 1),)),))
    assert not list(picture.iter(f"{SVG}script"))
    assert picture.find(f"{SVG}title").text == hostile
    assert hostile in words(picture)


@pytest.mark.parametrize("unfit", ["\x00", "\x1b", "\x0c", "\ud800", "\uffff"])
def test_characters_that_xml_cannot_hold_are_replaced(unfit: str) -> None:
    picture = drawn(title=f"a{unfit}b")

    assert picture.find(f"{SVG}title").text == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(
    "points",
    [((0, 0),), ((5, 7), (5, 7)), ((-3, -2), (4, -1)), ((0, 1e-9), (1e-9, 0)), ((LARGEST, -LARGEST), (0, 1))],
)
def test_single_flat_negative_tiny_and_huge_values_are_drawn_inside_the_picture(points: tuple) -> None:
    picture = drawn(series=(Series("line", points),), thresholds=())

    line = next(group for group in picture.iter(f"{SVG}g") if group.get("class") == "s0")
    assert all(64 <= across <= 716 and 76 <= up <= 416 for across, up in places(line))


def test_the_same_chart_gives_the_same_text() -> None:
    assert render(a_chart()) == render(a_chart())


@pytest.mark.parametrize(
    "wrong",
    [
        {"series": ()},
        {"series": (Series("empty", ()),)},
        {"series": tuple(Series(str(index), ((0, 0),)) for index in range(MAX_SERIES + 1))},
        {"series": (Series("line", ((float("nan"), 0),)),)},
        {"series": (Series("line", ((0, float("inf")),)),)},
        {"series": (Series("line", ((0, 1e13),)),)},
        {"thresholds": (Threshold(float("nan"), "none"),)},
        {"x_ticks": ((float("inf"), "never"),)},
        {"name": ""},
        {"name": 'x" onload="alert(1)'},
        {"name": "Chart"},
    ],
)
def test_a_chart_that_cannot_be_read_is_refused(wrong: dict) -> None:
    with pytest.raises(ChartError):
        a_chart(**wrong)


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.spec("WCAG 2.2 §1.4.3")
@pytest.mark.parametrize("palette", [_LIGHT, _DARK])
def test_words_lines_and_markers_stand_out_from_the_page(palette: _Palette) -> None:
    page = luminance(palette.page)

    for colour in (palette.ink, palette.limit, *palette.series):
        dark, bright = sorted((page, luminance(colour)))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, colour
