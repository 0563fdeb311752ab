"""`dataclasses.replace` at less than half its cost, for the values that every turn makes anew.

The library's reads each field by name, makes a call of all of them and writes them one by one; a trade has forty, and
of most turns one changes. Here they are copied slot by slot. What a class checks of itself is checked as there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slots:
    """How the slots of one class are read all at once, and how each is written, in order and by name."""

    read: Callable[[object], tuple[object, ...]]
    writers: tuple[Callable[[object, object], None], ...]
    by_name: dict[str, Callable[[object, object], None]]
    check: Callable[[Any], None] | None


_KNOWN: dict[type[Any], _Slots] = {}


def _learn(kind: type[Any]) -> _Slots:
    names = [field.name for field in fields(kind)]
    by_name = {name: getattr(kind, name).__set__ for name in names}
    _KNOWN[kind] = _Slots(
        read=attrgetter(*names, names[0]),  # the first once more: of one name alone it gives no tuple
        writers=tuple(by_name.values()),
        by_name=by_name,
        check=getattr(kind, "__post_init__", None),
    )
    return _KNOWN[kind]


def _replaced(value: Value, /, **changes: object) -> Value:
    """A copy of a slotted dataclass with these fields changed. Raises TypeError for a name that is none of them."""
    kind: type[Any] = type(value)
    slots = _KNOWN.get(kind) or _learn(kind)
    copy: Value = object.__new__(kind)
    for write, kept in zip(slots.writers, slots.read(value), strict=False):
        write(copy, kept)
    for name, changed in changes.items():
        if name not in slots.by_name:
            raise TypeError(f"{kind.__name__} has no field {name}")
        slots.by_name[name](copy, changed)
    if slots.check is not None:
        slots.check(copy)
    return copy


if TYPE_CHECKING:
    from dataclasses import replace  # which checks names and types of the changes
else:
    replace = _replaced

__all__ = ["replace"]
