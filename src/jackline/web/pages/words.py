"""Facts as pages write them: real minus signs, thin spaces between thousands, times in UTC with milliseconds."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from markupsafe import Markup, escape

from jackline.web.words import moment

MINUS: Final = "\u2212"
THIN: Final = "\u2009"
NONE: Final = "\u2013"
"""Stands where there is no figure. It is no zero."""
SIGNIFICANT: Final = 7
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000


def figure(value: Decimal | int | None, places: int | None = None) -> str:
    """``−1 234.50``; `places` rounds, None keeps every digit there is."""
    if value is None:
        return NONE
    exact = Decimal(value)
    text = f"{exact:,f}" if places is None else f"{exact:,.{places}f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if not any(digit in text for digit in "123456789"):
        text = text.removeprefix("-")  # there is no minus nought
    return text.replace(",", THIN).replace("-", MINUS)


def price(value: Decimal | None) -> str:
    """A price to seven digits that count: a venue's liquidation price has a dozen."""
    if not value:
        return figure(value)
    return figure(value, max(0, SIGNIFICANT - 1 - value.adjusted())) if _is_long(value) else figure(value)


def _is_long(value: Decimal) -> bool:
    return len(value.normalize().as_tuple().digits) > SIGNIFICANT


def money(value: Decimal | None) -> str:
    """Quote currency to the cent."""
    return figure(value, 2)


def change(value: Decimal | None, places: int = 2) -> str:
    """Money that came or went: always with its sign, but for none."""
    text = figure(value, places)
    rises = value is not None and value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if rises else text


def share(value: Decimal | None, places: int = 2) -> str:
    """A fraction as ``1.25 %``."""
    return NONE if value is None else f"{figure(value * 100, places)}{THIN}%"


def span(length_ms: int | None) -> str:
    """``412 ms``, ``3.2 s``, ``2 min 5 s``, ``3 h 10 min``, ``2 d 4 h``; ``0 s`` of nothing."""
    if length_ms is None:
        return NONE
    if length_ms == 0:
        return f"0{THIN}s"
    if length_ms < SECOND_MS:
        return f"{length_ms}{THIN}ms"
    if length_ms < 10 * SECOND_MS:
        return f"{length_ms / SECOND_MS:.1f}{THIN}s"
    if length_ms < 2 * MINUTE_MS:
        return f"{length_ms // SECOND_MS}{THIN}s"
    if length_ms < HOUR_MS:
        return f"{length_ms // MINUTE_MS}{THIN}min {length_ms % MINUTE_MS // SECOND_MS}{THIN}s"
    if length_ms < DAY_MS:
        return f"{length_ms // HOUR_MS}{THIN}h {length_ms % HOUR_MS // MINUTE_MS}{THIN}min"
    return f"{length_ms // DAY_MS}{THIN}d {length_ms % DAY_MS // HOUR_MS}{THIN}h"


def age(length_ms: int | None) -> str:
    """A span that grows while it is looked at: whole seconds, so that it changes no oftener. ``7 s``"""
    if length_ms is not None and length_ms < 10 * SECOND_MS:
        return f"{length_ms // SECOND_MS}{THIN}s"
    return span(length_ms)


def at(wire_ms: int | None, *, day: bool = False) -> Markup:
    """A time: UTC as it stands, the reader's own when pointed at. `day` puts the date before it."""
    text = moment(wire_ms)
    if text is None:
        return Markup("{}").format(NONE)
    shown = f"{text[:10]} {text[11:23]}" if day else text[11:23]
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        text, text[:23].replace("T", " "), shown
    )


def plural(count: int, one: str, many: str = "") -> str:
    """``1 stop``, ``5 stops``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def spaced(word: str) -> str:
    """``no_new_risk`` as ``no new risk``."""
    return word.replace("_", " ")


def code_link(code: str) -> Markup:
    """A code with the page that says what to do."""
    return Markup('<a class="code" href="/codes/{0}" title="What to do about {0}">{0}</a>').format(
        escape(code)
    )
