"""The colours of code, which people have to be able to read."""

from __future__ import annotations

import pytest
from pygments.style import Style
from pygments.token import Token

from web.rendering.code_css import CODE_CSS, Dark, Light, code_css

AA = 4.5


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it for a colour such as "0d1117"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_file_is_what_pygments_makes() -> None:
    """After an update of Pygments: python -m web.rendering."""
    assert CODE_CSS.read_text(encoding="utf-8") == code_css()


def test_contrast_is_measured_right() -> None:
    assert contrast("000000", "ffffff") == 21
    assert round(contrast("777777", "ffffff"), 2) == 4.48


@pytest.mark.parametrize("style", [Light, Dark])
def test_every_colour_can_be_read(style: type[Style]) -> None:
    behind = style.background_color.removeprefix("#")
    measured = {
        str(token): contrast(found["color"] or "", found["bgcolor"] or behind)
        for token, found in style
        if token is not Token.Text.Whitespace  # which has no ink
    }
    unreadable = {token: value for token, value in measured.items() if value < AA}
    assert unreadable == {}


def test_light_dark_by_system_and_dark_by_choice() -> None:
    css = code_css()
    light, system, chosen = (
        css.index("\n.code .k {"),
        css.index("\n:root:not([data-bs-theme=light]) .code .k {"),
        css.index("\n[data-bs-theme=dark] .code .k {"),
    )
    assert light < css.index("@media (prefers-color-scheme: dark)") < system < chosen
