"""Line charts as SVG, for reports that open in any browser: no library, no script, nothing fetched from elsewhere.

Made for people who see no colour and for people who see no picture: every line has a marker and a dash pattern of its
own, the picture has a name and a description, and it follows the reader's choice of a light or a dark page.
"""

import math
import re
from dataclasses import dataclass
from html import escape
from typing import Final

Point = tuple[float, float]

MAX_SERIES: Final = 6
"""More lines than these cannot be told apart without colour."""
LARGEST: Final = 1e12

_WIDTH: Final = 760
_LEFT: Final = 64
_RIGHT: Final = 44
_TOP: Final = 76
_PLOT_HEIGHT: Final = 340
_AXIS_DEPTH: Final = 58
_LEGEND_LINE: Final = 24
_FOOT: Final = 12
_MARKERS: Final = (
    "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z",  # circle
    "M-4-4H4V4H-4Z",  # square
    "M0-5.5L5 4H-5Z",  # triangle
    "M0-6L6 0L0 6L-6 0Z",  # diamond
    "M0 5.5L5-4H-5Z",  # triangle, point down
    "M-5-1.5H-1.5V-5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5Z",  # cross
)
_DASHES: Final = ("none", "9 4", "3 3", "12 4 3 4", "6 2 1 2", "1 4")
_TICKS_WANTED: Final = 8
_HEADROOM: Final = 0.08
_LEAST_SPAN: Final = 1e-6
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


class ChartError(Exception):
    """A chart that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name in the legend, and its points in the order in which they are joined."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A horizontal line that a value should not cross, with its name."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn; a chart that nobody could read cannot exist."""

    title: str
    description: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    thresholds: tuple[Threshold, ...] = ()
    x_ticks: tuple[tuple[float, str], ...] = ()
    """Places and words on the horizontal axis, for dates; round numbers are chosen if there are none."""
    name: str = "chart"
    """Starts the ids, so that two charts can stand on one page."""

    def __post_init__(self) -> None:
        """Refuse charts without lines, with more than can be told apart, or with places that do not exist."""
        if not 1 <= len(self.series) <= MAX_SERIES or not all(line.points for line in self.series):
            raise ChartError(f"a chart has 1 to {MAX_SERIES} lines, and every line has points")
        if not all(abs(value) <= LARGEST for value in (*_across(self), *_upwards(self))):
            raise ChartError(f"every value of a chart is a number of at most {LARGEST:g}")
        if _NAME.fullmatch(self.name) is None:
            raise ChartError("a chart's name is made of small letters, digits and hyphens")


@dataclass(frozen=True, slots=True)
class _Axis:
    """The values between two ends, laid out on so many pixels."""

    ticks: tuple[tuple[float, str], ...]
    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class _Palette:
    """The colours of one kind of page; all but the grid stand out from it by 4.5 to 1 (WCAG 2.2, 1.4.3)."""

    page: str
    ink: str
    grid: str
    limit: str
    series: tuple[str, ...]

    def rules(self) -> list[str]:
        """Write them as literal colours: not everything that draws SVG knows variables."""
        return [
            f".page{{fill:{self.page}}}",
            f"text{{fill:{self.ink}}}",
            f".grid{{stroke:{self.grid}}}",
            f".axis{{stroke:{self.ink}}}",
            f".threshold{{stroke:{self.limit}}}",
            f".halo{{fill:{self.limit};stroke:{self.page}}}",
            *(f".s{index} .line{{stroke:{colour}}}" for index, colour in enumerate(self.series)),
            *(f".s{index} .marker{{fill:{colour};stroke:{self.page}}}" for index, colour in enumerate(self.series)),
        ]


_LIGHT: Final = _Palette(
    *("#ffffff", "#1f2328", "#d9dde2", "#b3261e"),
    series=("#1b5e9e", "#a8480a", "#19703f", "#7d3c8c", "#8a1c3c", "#4d5a12"),
)
_DARK: Final = _Palette(
    *("#15181c", "#e8eaed", "#3a4048", "#ff8a80"),
    series=("#7fb9ef", "#f2a066", "#77cf9c", "#d3a0e2", "#f08aa5", "#c3cf7a"),
)
_DARK_PAGES: Final = "@media (prefers-color-scheme:dark)"


def render(chart: Chart) -> str:
    """Draw the chart; the same chart gives the same text."""
    bottom = _TOP + _PLOT_HEIGHT
    height = bottom + _AXIS_DEPTH + _LEGEND_LINE * len(chart.series) + _FOOT
    x = _axis(_across(chart), _LEFT, _WIDTH - _RIGHT, chart.x_ticks)
    y = _axis((*_upwards(chart), *_headroom(chart), 0.0), bottom, _TOP)
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{chart.name}" {size}',
        f' role="img" aria-labelledby="{chart.name}-title {chart.name}-desc">',
        f'<title id="{chart.name}-title">{_text(chart.title)}</title>',
        f'<desc id="{chart.name}-desc">{_text(chart.description)}</desc>',
        f"<style>{_style(chart.name)}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{height}"/>',
        f'<text class="heading" x="{_LEFT}" y="30">{_text(chart.title)}</text>',
        *_grid(chart, x, y),
        *(_limit(threshold, x, y) for threshold in chart.thresholds),
        *(_line(index, series, x, y) for index, series in enumerate(chart.series)),
        *(_key(index, series, bottom + _AXIS_DEPTH) for index, series in enumerate(chart.series)),
        *(_limit_label(threshold, x, y) for threshold in chart.thresholds),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _across(chart: Chart) -> tuple[float, ...]:
    points = (point for series in chart.series for point in series.points)
    return (*(x for x, _ in points), *(place for place, _ in chart.x_ticks))


def _upwards(chart: Chart) -> tuple[float, ...]:
    points = (point for series in chart.series for point in series.points)
    return (*(y for _, y in points), *(threshold.value for threshold in chart.thresholds))


def _headroom(chart: Chart) -> tuple[float, ...]:
    """Leave room for the name of a limit, which would otherwise run into the words above the plot."""
    return tuple(limit.value + _HEADROOM * (max(_upwards(chart)) - min(_upwards(chart))) for limit in chart.thresholds)


def _axis(values: tuple[float, ...], start: float, end: float, ticks: tuple[tuple[float, str], ...] = ()) -> _Axis:
    low, high = min(values), max(values)
    if high - low < _LEAST_SPAN:
        high = low + 1
    if ticks:
        return _Axis(ticks, low, high, start, end)
    step = _round_step((high - low) / _TICKS_WANTED)
    first, last = math.floor(low / step), math.ceil(high / step)
    decimals = max(0, -math.floor(math.log10(step)))
    round_ticks = tuple((count * step, f"{count * step:,.{decimals}f}") for count in range(first, last + 1))
    return _Axis(round_ticks, first * step, last * step, start, end)


def _round_step(least: float) -> float:
    """Choose 1, 2 or 5 times a power of ten: steps that people count in."""
    magnitude = 10.0 ** math.floor(math.log10(least))
    return next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= least)


def _grid(chart: Chart, x: _Axis, y: _Axis) -> list[str]:
    lines = [
        f'<path class="grid" d="M{x.start} {y.place(value):.1f}H{x.end}"/>'
        f'<text class="tick" text-anchor="end" x="{x.start - 10}" y="{y.place(value) + 4:.1f}">{_text(label)}</text>'
        for value, label in y.ticks
    ]
    lines += [
        f'<path class="axis" d="M{x.place(value):.1f} {y.start}v6"/>'
        f'<text class="tick" text-anchor="middle" x="{x.place(value):.1f}" y="{y.start + 22}">{_text(label)}</text>'
        for value, label in x.ticks
    ]
    lines += [
        f'<path class="axis" d="M{x.start} {y.end}V{y.start}H{x.end}"/>',
        f'<text x="{x.start}" y="{y.end - 16}">{_text(chart.y_label)}</text>',
        f'<text text-anchor="end" x="{x.end}" y="{y.start + 44}">{_text(chart.x_label)}</text>',
    ]
    return lines


def _limit(threshold: Threshold, x: _Axis, y: _Axis) -> str:
    return f'<path class="threshold" d="M{x.start} {y.place(threshold.value):.1f}H{x.end}"/>'


def _limit_label(threshold: Threshold, x: _Axis, y: _Axis) -> str:
    """Name a limit above its line, drawn after everything else: the halo keeps it legible where a line passes."""
    return (
        f'<text class="halo" x="{x.start + 8}" y="{y.place(threshold.value) - 7:.1f}">{_text(threshold.label)}</text>'
    )


def _line(index: int, series: Series, x: _Axis, y: _Axis) -> str:
    places = [f"{x.place(across):.1f} {y.place(up):.1f}" for across, up in series.points]
    markers = "".join(
        f'<path class="marker" d="{_MARKERS[index]}" transform="translate({place})">'
        f"<title>{_text(series.name)}: {across:g}, {up:g}</title></path>"
        for place, (across, up) in zip(places, series.points, strict=True)
    )
    return f'<g class="s{index}"><path class="line" d="M{"L".join(places)}"/>{markers}</g>'


def _key(index: int, series: Series, top: float) -> str:
    middle = top + _LEGEND_LINE * index + _LEGEND_LINE / 2
    return (
        f'<g class="s{index}"><path class="line" d="M{_LEFT} {middle}h48"/>'
        f'<path class="marker" d="{_MARKERS[index]}" transform="translate({_LEFT + 24} {middle})"/></g>'
        f'<text x="{_LEFT + 60}" y="{middle + 4}">{_text(series.name)}</text>'
    )


def _style(name: str) -> str:
    """Write the looks for light and dark pages; the chart's own class keeps them from others on the page."""
    rules = [
        "text{font:13px system-ui,'Open Sans',sans-serif}",
        ".heading{font-size:17px;font-weight:600}",
        ".halo{stroke-width:4px;paint-order:stroke}",
        "path{fill:none}",
        ".threshold{stroke-width:1.5}",
        ".line{stroke-width:2;stroke-linejoin:round}",
        *(f".s{index} .line{{stroke-dasharray:{dash}}}" for index, dash in enumerate(_DASHES)),
    ]
    dark = "\n".join(f".{name} {rule}" for rule in _DARK.rules())
    return "\n".join([*(f".{name} {rule}" for rule in (*rules, *_LIGHT.rules())), f"{_DARK_PAGES}{{\n{dark}\n}}"])


def _text(words: str) -> str:
    """Escape for XML; characters that no XML may hold become the sign for the unreadable."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", words))
