"""The stylesheet: nothing fetched, nothing moving, colours that can be read by people with weak sight."""

import re
from pathlib import Path

import pytest

import gateway.web.render as rendering
from gateway.web.render import asset

WEB = Path(rendering.__file__).parent


def test_what_pages_load_carries_a_digest_of_its_content() -> None:
    assert re.fullmatch(r"/static/gateway\.css\?v=[0-9a-f]{12}", asset("gateway.css"))
    with pytest.raises(KeyError):
        asset("../render.py")


def test_the_stylesheet_fetches_nothing_moves_nothing_and_slants_nothing() -> None:
    css = (WEB / "static" / "gateway.css").read_text("utf-8")

    assert not re.search(r"url\(|@import|@font-face|letter-spacing|italic|animation|transition", css)
    assert "forced-colors: active" in css
    assert ":focus-visible" in css


def test_colours_can_be_read_in_both_schemes() -> None:
    css = (WEB / "static" / "gateway.css").read_text("utf-8")
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in css.split("@media", 2)[:2])

    assert light.keys() == dark.keys()
    for scheme in (light, dark):
        for text in ("ink", "soft", "accent", "accent-deep", "wrong"):
            assert contrast(scheme[text], scheme["paper"]) >= 4.5
            assert contrast(scheme[text], scheme["tint"]) >= 4.5
        assert contrast(scheme["on-accent"], scheme["accent"]) >= 4.5
        assert contrast(scheme["on-accent"], scheme["accent-deep"]) >= 4.5
        assert contrast(scheme["wrong"], scheme["wrong-tint"]) >= 4.5
        assert contrast(scheme["ink"], scheme["wrong-tint"]) >= 4.5
        assert contrast(scheme["edge"], scheme["paper"]) >= 3


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
