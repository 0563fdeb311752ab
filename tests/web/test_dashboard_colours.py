"""Colours that can be read, and told apart by those who see two primaries: measured on the style sheet itself."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import pytest

Rgb = tuple[float, float, float]

CSS = files("jackline.web").joinpath("static/jackline.css").read_text(encoding="utf-8")
# Viénot, Brettel and Mollon 1999, on linear RGB: what a deuteranope sees.
DEUTERANOPE = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
CONTRAST_MIN = 4.5
"""WCAG 2.2, level AA, for text."""
APART_MIN = 15.0
"""CIE76 in Lab; about seven times what is just noticed."""


def palettes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root\s*{([^}]*)}", CSS)[:2]
    first = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", light))
    return {"light": first, "dark": {**first, **dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", dark))}}


def linear(text: str) -> Rgb:
    parts = [int(text[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return red, green, blue


def luminance(rgb: Rgb) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Rgb) -> Rgb:
    red, green, blue = rgb
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (one ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def as_deuteranope(rgb: Rgb) -> Rgb:
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, rgb, strict=True))))
        for row in DEUTERANOPE
    )
    return red, green, blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_it_stands_on(scheme: str) -> None:
    found = palettes()[scheme]
    pairs = [(ink, on) for ink in ("ink", "muted", "ok", "warn", "bad", "old") for on in ("paper", "card")]
    pairs += [(tone, f"{tone}-paper") for tone in ("ok", "warn", "bad", "old")]
    pairs += [("ink", f"{tone}-paper") for tone in ("ok", "warn", "bad", "old")]
    pairs += [("on", "danger"), ("on", "primary"), ("caution-ink", "caution"), ("muted", "ok-paper")]
    weak = {pair: contrast(found[pair[0]], found[pair[1]]) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < CONTRAST_MIN} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_states_are_told_apart_without_red_and_green(scheme: str) -> None:
    found = palettes()[scheme]
    for one, other in combinations(("ok", "warn", "bad"), 2):
        seen = [lab(as_deuteranope(linear(found[name]))) for name in (one, other)]
        apart = sum((left - right) ** 2 for left, right in zip(*seen, strict=True)) ** 0.5
        assert apart > APART_MIN, (one, other, apart)


def test_nothing_is_loaded_from_anywhere_else() -> None:
    assert re.findall(r"url\(|@import|https?://", CSS) == []
