"""Values whose class is told by the text: where classes may alternate, the name of the class stands beside the body.

`{"MarkMoved": {"symbol": "BTCUSDT", …}}`. Decimals are texts, so no digit is lost. The order of a mapping is kept, for
what goes through it may depend on it; a set, which has none, is written sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Generic, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from jackline.core.errors import InvariantBroken, invariant
from jackline.store.errors import BodyUnreadable

Value = TypeVar("Value")


class _Form(Protocol):
    """How values of one type are written and read."""

    def write(self, value: Any) -> bytes:
        """As JSON."""
        ...

    def read(self, body: bytes) -> Any:
        """From JSON. Raises what msgspec, a constructor or an invariant raises."""
        ...


class Codec(Generic[Value]):
    """Writes and reads values of one type; made once, for making it looks through every class it may meet."""

    def __init__(self, form: _Form) -> None:
        self._form = form

    def write(self, value: Value) -> bytes:
        """As JSON. Raises TypeError for a value of another type."""
        body: bytes = self._form.write(value)
        return body

    def read(self, body: bytes) -> Value:
        """An equal value. Raises BodyUnreadable."""
        try:
            value: Value = self._form.read(body)
        except (msgspec.MsgspecError, InvariantBroken, ValueError, TypeError, LookupError) as error:
            raise BodyUnreadable(f"not a value of this version: {error}") from error
        return value


def codec(kind: Any) -> Codec[Any]:
    """The codec of a type: a dataclass, a union of dataclasses, or a tuple of either."""
    return Codec(_form(kind))


def shape(*kinds: Any) -> str:
    """A fingerprint of every field of every class that values of these types may hold."""
    lines: set[str] = set()
    for kind in kinds:
        _describe(kind, lines)
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


# -- forms ---------------------------------------------------------------------------------------------------


class _Plain:
    """What msgspec can tell apart by itself."""

    def __init__(self, kind: Any, decoder: msgspec.json.Decoder[Any]) -> None:
        self._encoder: Any = msgspec.json.Encoder(order=None if _holds_mapping(kind) else "deterministic")
        self._decoder = decoder

    def write(self, value: Any) -> bytes:
        body: bytes = self._encoder.encode(value)
        return body

    def read(self, body: bytes) -> Any:
        return self._decoder.decode(body)


class _Choice:
    """One of several classes: an object with one key, the name of the class."""

    def __init__(self, kinds: tuple[Any, ...]) -> None:
        self._kinds: dict[Any, str] = {kind: kind.__name__ for kind in kinds}
        self._forms = {kind.__name__: _form(kind) for kind in kinds}
        invariant(len(self._forms) == len(kinds), "D4", two_classes_of_one_name=sorted(self._forms))

    def write(self, value: Any) -> bytes:
        name = self._kinds.get(type(value))
        if name is None:
            raise TypeError(f"a {type(value).__name__} is none of {', '.join(self._forms)}")
        inner: bytes = self._forms[name].write(value)
        return b'{"' + name.encode() + b'":' + inner + b"}"

    def read(self, body: bytes) -> Any:
        ((name, inner),) = _parts(body).items()
        return self._forms[name].read(bytes(inner))


class _Product:
    """A dataclass, field by field. What an earlier version did not have yet takes its default."""

    def __init__(self, kind: Any) -> None:
        hints = get_type_hints(kind)
        self._kind = kind
        self._forms = {field.name: _form(hints[field.name]) for field in fields(kind)}

    def write(self, value: Any) -> bytes:
        parts = [
            b'"' + name.encode() + b'":' + form.write(getattr(value, name))
            for name, form in self._forms.items()
        ]
        return b"{" + b",".join(parts) + b"}"

    def read(self, body: bytes) -> Any:
        parts = _parts(body)
        known = {name: form.read(bytes(parts[name])) for name, form in self._forms.items() if name in parts}
        return self._kind(**known)


class _Row:
    """A tuple of any length."""

    def __init__(self, kind: Any) -> None:
        self._form = _form(kind)

    def write(self, value: Any) -> bytes:
        return b"[" + b",".join(self._form.write(one) for one in value) + b"]"

    def read(self, body: bytes) -> Any:
        return tuple(self._form.read(bytes(one)) for one in msgspec.json.decode(body, type=list[msgspec.Raw]))


@cache
def _form(kind: Any) -> _Form:
    """What msgspec refuses is taken apart, and so is a dataclass in which some orders are kept and others are not."""
    origin, arguments = get_origin(kind), get_args(kind)
    is_product = is_dataclass(kind)
    if not (is_product and _holds_mapping(kind)):
        try:
            return _Plain(kind, msgspec.json.Decoder(kind))
        except TypeError:
            pass
    if is_product:
        return _Product(kind)
    if origin in {Union, UnionType}:
        return _Choice(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _Row(arguments[0])
    raise TypeError(f"no form for {kind}")


def _parts(body: bytes) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(body, type=dict[str, msgspec.Raw])


@cache
def _holds_mapping(kind: Any) -> bool:
    if get_origin(kind) is Mapping or get_origin(kind) is dict:
        return True
    inner = get_type_hints(kind).values() if is_dataclass(kind) else get_args(kind)
    return any(_holds_mapping(one) for one in inner if one is not ...)


def _describe(kind: Any, lines: set[str]) -> None:
    """A line for every field below `kind`."""
    if kind in {..., NoneType}:
        return
    if not is_dataclass(kind):
        for one in get_args(kind):
            _describe(one, lines)
        return
    name = getattr(kind, "__name__", str(kind))
    mine = {f"{name}.{field}: {hint}" for field, hint in get_type_hints(kind).items()}
    if mine <= lines and mine:
        return
    lines |= mine | {name}
    for hint in get_type_hints(kind).values():
        _describe(hint, lines)
