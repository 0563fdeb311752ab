"""Strict reading of request parameters: typed, each read once, and nothing left over."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import parse_qsl

from jackline.exchange.errors import VenueError

_Word = TypeVar("_Word", bound=StrEnum)


class Params:
    """Parameters of one request, query and form body merged; on conflict the query wins.

    Every reader returns None for a parameter that was not sent, and raises VenueError -1102 for one that is
    empty or malformed. `need` turns None into -1102.
    """

    def __init__(self, *, query: str, body: str) -> None:
        self._sent = _fields(body) | _fields(query)
        self._read: set[str] = set()

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Parameters that came in another way than by form: one order of a batch."""
        params = cls(query="", body="")
        params._sent = dict(fields)
        return params

    def peek(self, name: str) -> str:
        """A parameter as sent, "" without one; not counted as read, for whoever only looks on."""
        return self._sent.get(name, "")

    def text(self, name: str) -> str | None:
        self._read.add(name)
        value = self._sent.get(name)
        if value == "":
            raise VenueError(-1102, name=name)
        return value

    def symbol(self) -> str | None:
        value = self.text("symbol")
        return None if value is None else value.upper()

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not value.removeprefix("-").isascii() or not value.removeprefix("-").isdigit():
            raise VenueError(-1102, name=name)
        return int(value)

    def decimal(self, name: str) -> Decimal | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise VenueError(-1102, name=name) from None
        if not number.is_finite():
            raise VenueError(-1102, name=name)
        return number

    def boolean(self, name: str) -> bool | None:
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in {"true", "false"}:
            raise VenueError(-1102, name=name)
        return value.lower() == "true"

    def word(self, name: str, words: type[_Word], *, code: int) -> _Word | None:
        """A member of a closed list; any other word is refused with `code`."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return words(value)
        except ValueError:
            raise VenueError(code, name=name) from None

    def limit(self, *, default: int, largest: int) -> int:
        """The `limit` of a listing; more than the largest is cut to it, as the venue does."""
        value = self.integer("limit")
        if value is not None and value < 1:
            raise VenueError(-1130, name="limit")
        return min(default if value is None else value, largest)

    def finish(self, *, strict: bool) -> None:
        """-1104 where something was sent that nobody read: a leak of the client that a lenient venue would
        hide."""
        unread = self._sent.keys() - self._read
        if strict and unread:
            raise VenueError(-1104, read=len(self._sent) - len(unread), sent=len(self._sent))


def _fields(form: str) -> dict[str, str]:
    """A form's fields. The plain loop is what most requests need: nothing in them is escaped."""
    if "%" in form or "+" in form:
        return dict(parse_qsl(form, keep_blank_values=True))
    fields: dict[str, str] = {}
    for pair in form.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            fields[name] = value
    return fields


_Value = TypeVar("_Value")


def need(value: _Value | None, name: str) -> _Value:
    """The value of a mandatory parameter. Raises VenueError -1102 where it was not sent."""
    if value is None:
        raise VenueError(-1102, name=name)
    return value
