"""One BingX request on its way to the venue, and the table entry that says who answers it and how often it may be
asked."""

from collections.abc import Callable
from dataclasses import dataclass

from jackline.exchange.account import Account
from jackline.exchange.bingx.book import Book
from jackline.exchange.bingx.errors import refusal
from jackline.exchange.bingx.listen_keys import BingxListenKeys
from jackline.exchange.venue import Venue
from jackline.exchange.wire.call import Access
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.params import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request with its parameters. Handlers read what they need, call `finish`, and only then change anything."""

    venue: Venue
    params: Params
    book: Book
    listen_keys: BingxListenKeys
    caller: Account | None
    strict: bool

    @property
    def account(self) -> Account:
        if self.caller is None:
            raise refusal(100413)
        return self.caller

    @property
    def wire_ms(self) -> int:
        return self.venue.state.clock.wire_ms()

    def finish(self) -> None:
        """Raises VenueError -1104 for parameters that were sent and not read."""
        self.params.finish(strict=self.strict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`per_second` is the limit of requests like this one, the tighter of those per address and per account; None for
    those whose limit is far away. `flat` answers stand without the envelope."""

    method: str
    path: str
    handler: Callable[[Call], Json]
    access: Access = Access.SIGNED
    per_second: int | None = None
    flat: bool = False
