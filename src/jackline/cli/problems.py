"""What is wrong with a configuration: every problem at once, each with key, value, range and fix (C1)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from jackline.cli.allowed import allowed
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.page import WIDTH

VALUE_CHARS_MAX = 60
_SECRET = re.compile(r"secret|token|pass|private|credential|(^|_|\.)(api_?)?key$", re.IGNORECASE)
_LOGIN = re.compile(r"//[^/]*@")
_PASSWORD = re.compile(r"(?i)password=[^&\s]+")
_PERCENT = re.compile(r"(.+?)_(percent|percentage|pct|bps)$")
_UNIT = re.compile(r"_(fraction|quote|multiple|ms(_max)?)")
_PER_ONE = {"percent": 100, "percentage": 100, "pct": 100, "bps": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend. `value` is None where there is none; `source` says where the value came from."""

    key: str
    value: object
    source: str
    what: str
    fix: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {shown_value(self.key, self.value)}"
        body = textwrap.fill(
            f"{self.what}. Fix: {self.fix}", WIDTH, initial_indent="    ", subsequent_indent="    "
        )
        return f"  {self.key}{shown}   ({self.source})\n{body}"


class ConfigError(CommandFailed):
    """The configuration cannot be used. `problems` holds all that is wrong, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problem" + ("s" if len(self.problems) > 1 else "")
        body = "\n".join(str(problem) for problem in self.problems)
        super().__init__(
            ExitCode.BAD_INPUT, f"C1: {count} in the configuration; nothing was started.\n{body}"
        )


def shown_value(key: str, value: object) -> str:
    """A value as TOML would write it, cut short; never one whose key smells of a secret (S1)."""
    if _SECRET.search(key):
        return "(hidden)"
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        spoken = _PASSWORD.sub("password=(hidden)", _LOGIN.sub("//(hidden)@", value))
        text = f'"{spoken}"'
    elif isinstance(value, dict):
        text = "{…}"
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(shown_value(key, item) for item in value)}]"
    else:
        text = str(value)
    return text if len(text) <= VALUE_CHARS_MAX else text[:VALUE_CHARS_MAX] + "…"


def unknown_key(key: str, value: object, source: str, known: Sequence[str]) -> Problem:
    """A key nobody reads. Names the key that was probably meant, with its unit."""
    section, _, name = key.rpartition(".")
    prefix = f"{section}." if section else ""
    percent = _PERCENT.fullmatch(name)
    meant = f"{percent[1]}_fraction" if percent else ""
    with_unit = [other for other in known if _UNIT.fullmatch(other.removeprefix(name))]
    if percent is not None and meant in known:
        fix = f"write {prefix}{meant}{_as_fraction(value, percent[2])}; there is no percentage here"
        return Problem(key=key, value=value, source=source, what="a fraction, 0.01 is one per cent", fix=fix)
    if with_unit:
        fix = f"name the unit: {' or '.join(prefix + other for other in with_unit)}"
        return Problem(key=key, value=value, source=source, what="a number without a unit", fix=fix)
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    fix = f"did you mean {prefix}{close[0]}?" if close else f"known here: {', '.join(sorted(known))}"
    return Problem(key=key, value=value, source=source, what="unknown key", fix=fix)


def _as_fraction(value: object, unit: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    return f" = {(Decimal(value) / _PER_ONE[unit]).normalize():f}"


def section_problems(
    name: str, kind: type[BaseModel], error: ValidationError, source: dict[tuple[str, ...], str], file: str
) -> Iterator[Problem]:
    """Pydantic's findings about one section, in our words."""
    seen: set[str] = set()
    for detail in error.errors(include_url=False, include_context=True):
        # A union reports once a member, and an element by its index: the key is what the file shows.
        path = tuple(part for part in detail["loc"] if isinstance(part, str))
        model, path = _descend(kind, path)
        key = ".".join((name, *path))
        if key in seen:
            continue
        seen.add(key)
        where = source.get((name, *path), file)
        if detail["type"] == "extra_forbidden":
            yield unknown_key(key, detail["input"], where, tuple(model.model_fields))
        elif detail["type"] == "missing":
            fix = f"set it: {_may_be(model, path[-1])}"
            yield Problem(key=key, value=None, source=where, what="missing", fix=fix)
        else:
            may_be = _may_be(model, path[-1]) if path else "a table of keys"
            yield Problem(
                key=key, value=detail["input"], source=where, what=_what(detail), fix=f"allowed: {may_be}"
            )


def _descend(kind: type[BaseModel], path: tuple[str, ...]) -> tuple[type[BaseModel], tuple[str, ...]]:
    """The model that declares the last key of the path, and the path without union tags."""
    model = kind
    for depth, part in enumerate(path):
        field = model.model_fields.get(part)
        annotation: Any = field.annotation if field is not None else None
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and depth + 1 < len(path):
            model = annotation
        else:
            return model, path[: depth + 1]
    return model, path


def _what(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "value_error":
            return str(detail["msg"]).removeprefix("Value error, ")
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            return "out of range"
        case "too_long" | "too_short":
            return "too many" if detail["type"] == "too_long" else "too few"
        case _:
            return "not one of the values allowed here"


def _may_be(model: type[BaseModel], name: str) -> str:
    """What a key may be; a range of fractions says what one per cent is, for that is what was confused."""
    text = allowed(model, name)
    return f"{text} (0.01 is one per cent)" if name.endswith("_fraction") else text
