"""Templates of JSON with slots in them, read both ways: filled to write a request, matched to judge one.

One template serves the writer and the gate, so the two cannot drift apart; that it is the right one is what the golden
files and the recorded requests of a real client are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias, assert_never

from jackline.venue.recorded.wire import Json


class Name(StrEnum):
    """What a slot holds. Quantities are in the venue's own unit, prices in quote, times in wire milliseconds."""

    SYMBOL = "symbol"
    ASSET = "asset"
    QUANTITY = "quantity"
    PRICE = "price"
    LIMIT = "limit"
    """Worst price of a market order on a venue that has none."""
    TRIGGER = "trigger"
    SOURCE = "source"
    LEG_TRIGGER = "leg_trigger"
    LEG_SOURCE = "leg_source"
    LEG_LIMIT = "leg_limit"
    LEG_ID = "leg_id"
    CLIENT_ID = "client_id"
    ORDER_ID = "order_id"
    PLAN = "plan"
    MARGIN = "margin"
    LEVERAGE = "leverage"
    WINDOW_MS = "window_ms"
    EXPIRY_MS = "expiry_ms"
    USER = "user"


class Form(StrEnum):
    """How a slot is spelled in JSON."""

    DECIMAL = "decimal"
    """Text: digits, at most one point, above 0."""
    COUNT = "count"
    """A whole number above 0."""
    MINUS = "minus"
    """A whole number below 0: sold contracts."""
    INDEX = "index"
    """A whole number of at least 0."""
    TEXT = "text"
    """Text that the pattern matches."""
    WORD = "word"
    """One of the venue's words."""


Values: TypeAlias = dict[Name, str]
Word: TypeAlias = str | int | bool
_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for one value. `words`: ours to the venue's, for `Form.WORD`; `pattern`: for `Form.TEXT`."""

    name: Name
    form: Form
    words: Mapping[str, Word] | None = None
    pattern: str = r"[0-9A-Za-z_.:-]{1,64}"


Template: TypeAlias = "str | int | bool | Slot | list[Template] | dict[str, Template]"


def decimal(name: Name) -> Slot:
    """A positive decimal, as text."""
    return Slot(name=name, form=Form.DECIMAL)


def count(name: Name) -> Slot:
    """A positive whole number."""
    return Slot(name=name, form=Form.COUNT)


def text(name: Name, pattern: str = r"[0-9A-Za-z_.:-]{1,64}") -> Slot:
    """Text of one pattern."""
    return Slot(name=name, form=Form.TEXT, pattern=pattern)


def words(name: Name, **spelled: Word) -> Slot:
    """One of the venue's words: ``words(Name.SOURCE, mark="MarkPrice", last="LastPrice")``."""
    return Slot(name=name, form=Form.WORD, words=spelled)


def names(template: Template) -> Iterator[Name]:
    """Names of the slots of a template."""
    match template:
        case Slot(name=name):
            yield name
        case list():
            for one in template:
                yield from names(one)
        case dict():
            for value in template.values():
                yield from names(value)
        case _:
            pass


def fill(template: Template, values: Values) -> Json:
    """The JSON with every slot filled. KeyError names a slot without a value, ValueError a value without a form."""
    match template:
        case Slot():
            return _spell(template, values[template.name])
        case list():
            return [fill(one, values) for one in template]
        case dict():
            return {key: fill(one, values) for key, one in template.items()}
        case _:
            return template


def read(template: Template, given: object, found: Values, where: str) -> Iterator[str]:
    """Problems, each naming its place; none when `given` is the template with its slots filled. Fills `found`."""
    match template:
        case Slot():
            yield from _read_slot(template, given, found, where)
        case dict():
            if not isinstance(given, dict):
                yield f"{where or 'body'} is no object"
                return
            yield from (f"{_at(where, key)} is missing" for key in template if key not in given)
            yield from (f"{_at(where, key)} is not ours" for key in given if key not in template)
            for key, one in template.items():
                if key in given:
                    yield from read(one, given[key], found, _at(where, key))
        case list():
            if not isinstance(given, list) or len(given) != len(template):
                yield f"{where or 'body'} is not a list of {len(template)}"
                return
            for place, (one, value) in enumerate(zip(template, given, strict=True)):
                yield from read(one, value, found, _at(where, str(place)))
        case _:
            # 1 is not True and not "1": a venue may read each differently.
            if type(given) is not type(template) or given != template:
                yield f"{where}={given!r}, not {template!r}"


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _spell(slot: Slot, value: str) -> Json:
    match slot.form:
        case Form.COUNT | Form.INDEX:
            return int(value)
        case Form.MINUS:
            return -int(value)
        case Form.WORD:
            return (slot.words or {})[value]
        case Form.DECIMAL | Form.TEXT:
            if _value(slot, value) is None:
                raise ValueError(f"{slot.name} {value!r}")
            return value
        case _:
            assert_never(slot.form)


def _read_slot(slot: Slot, given: object, found: Values, where: str) -> Iterator[str]:
    value = _value(slot, given)
    if value is None:
        yield f"{where}={given!r} is not of the form {slot.form}"
    elif found.setdefault(slot.name, value) != value:
        yield f"{where}={given!r} contradicts {slot.name} {found[slot.name]}"


def _value(slot: Slot, given: object) -> str | None:
    match slot.form:
        case Form.COUNT | Form.MINUS | Form.INDEX:
            if not isinstance(given, int) or isinstance(given, bool):
                return None
            number = -given if slot.form is Form.MINUS else given
            return str(number) if number > 0 or (number == 0 and slot.form is Form.INDEX) else None
        case Form.DECIMAL:
            good = isinstance(given, str) and _DECIMAL.fullmatch(given) and Decimal(given) > 0
            return given if good and isinstance(given, str) else None
        case Form.TEXT:
            return given if isinstance(given, str) and re.fullmatch(slot.pattern, given) else None
        case Form.WORD:
            known = (slot.words or {}).items()
            return next((ours for ours, word in known if type(word) is type(given) and word == given), None)
        case _:
            assert_never(slot.form)
