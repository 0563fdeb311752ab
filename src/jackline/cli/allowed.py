"""What a key of the configuration may be, in words, from its declaration."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jackline.cli.section_types import DAY_MS, Allowed

Figure = int | Decimal


def allowed(model: type[BaseModel], name: str) -> str:
    """The range, the choices, or the words of the key's type."""
    field = model.model_fields[name]
    for rule in field.metadata:
        if isinstance(rule, Allowed):
            return rule.text
    low, high = bounds(field)
    if low is not None and high is not None:
        lowest = (
            f"above {_figure(low)}" if any(hasattr(rule, "gt") for rule in field.metadata) else _figure(low)
        )
        days = f" ({high // DAY_MS} days)" if name.endswith("_ms") and high > DAY_MS else ""
        return f"{lowest} … {_figure(high)}{days}"
    schema = model.model_json_schema()
    choices = _choices(schema["properties"][name], schema.get("$defs", {}))
    return ", ".join(choices) or _inner(field) or "a text in quotes"


def bounds(field: FieldInfo) -> tuple[Figure | None, Figure | None]:
    """The ends of the range, None where there is none. The lower one is not in it where it was given as `gt`."""
    low: Figure | None = None
    high: Figure | None = None
    for rule in field.metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", high)
    return low, high


def _figure(number: Figure) -> str:
    """As it could be written into the file."""
    return f"{number:_}" if isinstance(number, int) else f"{number:f}"


def _inner(field: FieldInfo) -> str:
    """The words of an optional key: its type is one of a union, which keeps its own."""
    for member in getattr(field.annotation, "__args__", ()):
        for rule in getattr(member, "__metadata__", ()):
            if isinstance(rule, Allowed):
                return rule.text
    return ""


def _choices(schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """Every constant an enum, a literal or a union of them allows."""
    if "$ref" in schema:
        return _choices(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    found = [f'"{value}"' for value in schema.get("enum", [])]
    found += [f'"{schema["const"]}"'] if "const" in schema else []
    for part in [*schema.get("anyOf", []), *schema.get("allOf", [])]:
        found += _choices(part, definitions)
    return found
