"""The orders of `/local/v1/switches`: everything about the venue, its symbols and its accounts that may be turned while
it runs. An order is judged whole before any of it is done."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Final

import msgspec

from jackline.exchange.account import Account
from jackline.exchange.rights import KeyRights
from jackline.exchange.values import StopWhileFlat, SymbolStatus
from jackline.exchange.whims import ThinBook
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.lives import SPEED_MAX
from jackline.exchange.wire.market_streams import REPEAT_MS

FILL_PARTS_MAX: Final = 20
CLOCK_AHEAD_MS_MAX: Final = 86_400_000
ADDRESSES_MAX: Final = 30
"""As many addresses as the venue lets a key have."""


class WhimOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Switches of `Whims` by their names; what is not said stays. Null turns off what may be off."""

    triggering_ms: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    reject_at_trigger: str | msgspec.UnsetType | None = msgspec.UNSET
    child_fill_fraction: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    market_depth: dict[str, Decimal] | msgspec.UnsetType = msgspec.UNSET
    thin_book: ThinBook | msgspec.UnsetType = msgspec.UNSET
    price_band_fraction: dict[str, Decimal] | msgspec.UnsetType = msgspec.UNSET
    conditional_down: bool | msgspec.UnsetType = msgspec.UNSET
    open_algos_max: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    slow_fill_ms: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    immediate_rests: bool | msgspec.UnsetType = msgspec.UNSET
    callback_max_fraction: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    margin_for_stops: bool | msgspec.UnsetType = msgspec.UNSET
    countdown_takes_stops: bool | msgspec.UnsetType = msgspec.UNSET
    clock_ahead_ms: (
        Annotated[int, msgspec.Meta(ge=-CLOCK_AHEAD_MS_MAX, le=CLOCK_AHEAD_MS_MAX)] | msgspec.UnsetType
    ) = msgspec.UNSET
    ban_spares_sockets: bool | msgspec.UnsetType = msgspec.UNSET
    legs_wait_for_whole_fill: bool | msgspec.UnsetType = msgspec.UNSET
    legs_outlive_position: bool | msgspec.UnsetType = msgspec.UNSET
    triggered_stops_untold: bool | msgspec.UnsetType = msgspec.UNSET


class AccountOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the key of one account may do, from where, and whether the venue is taking the account over."""

    trades: bool | None = None
    withdraws: bool | None = None
    addresses: Annotated[tuple[str, ...], msgspec.Meta(max_length=ADDRESSES_MAX)] | None = None
    liquidating: bool | None = None


class SwitchOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`status` by symbol; `delist` ends symbols for good. `wire_speed`: how many times faster than at the venue listen
    keys, sockets and bans end. `price_period_ms`: at most one price message a symbol in this wire time."""

    stop_while_flat: StopWhileFlat | None = None
    fill_parts: Annotated[int, msgspec.Meta(ge=1, le=FILL_PARTS_MAX)] | None = None
    whims: WhimOrder | None = None
    maintenance: bool | None = None
    wire_speed: Annotated[float, msgspec.Meta(gt=0, le=SPEED_MAX)] | None = None
    price_period_ms: Annotated[float, msgspec.Meta(gt=0, le=REPEAT_MS)] | None = None
    status: dict[str, SymbolStatus] = {}
    delist: tuple[str, ...] = ()
    accounts: dict[str, AccountOrder] = {}


def turn(floor: Floor, order: SwitchOrder) -> None:
    """Does what an order says. Raises ValueError, and turns nothing, for one that makes no sense."""
    state = floor.venue.state
    _check(order, symbols=state.markets, accounts=state.accounts)
    if order.stop_while_flat is not None:
        state.rules.stop_while_flat = order.stop_while_flat
    if order.fill_parts is not None:
        state.rules.fill_parts = order.fill_parts
    if order.wire_speed is not None:
        floor.lives.turn(order.wire_speed)
    if order.price_period_ms is not None:
        floor.streams.price_period_ms = order.price_period_ms
    if order.whims is not None:
        for name, value in msgspec.structs.asdict(order.whims).items():
            if value is not msgspec.UNSET:
                setattr(state.whims, name, value)
    for symbol, status in order.status.items():
        floor.venue.set_status(symbol, status)
    for symbol in order.delist:
        floor.venue.delist(symbol)
    for name, said in order.accounts.items():
        _turn_account(floor, state.accounts[name], said)
    if order.maintenance is not None:
        if order.maintenance:
            floor.begin_maintenance()
        else:
            floor.end_maintenance()
    floor.deliver()


def _turn_account(floor: Floor, account: Account, order: AccountOrder) -> None:
    rights = account.rights
    account.rights = KeyRights(
        trades=rights.trades if order.trades is None else order.trades,
        withdraws=rights.withdraws if order.withdraws is None else order.withdraws,
        addresses=rights.addresses if order.addresses is None else order.addresses,
    )
    if order.liquidating is True:
        floor.venue.begin_liquidation(account)
    elif order.liquidating is False:
        floor.venue.end_liquidation(account)


def _check(order: SwitchOrder, *, symbols: Iterable[str], accounts: Iterable[str]) -> None:
    share = None if order.whims is None else order.whims.child_fill_fraction
    if isinstance(share, Decimal) and not 0 <= share < 1:
        message = f"child_fill_fraction {share}: fix: from 0 up to less than 1, or null"
        raise ValueError(message)
    _known("symbol", [*order.status, *order.delist], symbols)
    _known("account", order.accounts, accounts)


def _known(what: str, named: Iterable[str], known: Iterable[str]) -> None:
    for name in named:
        if name not in known:
            message = f"{what} {name!r}: fix: one of {', '.join(known)}"
            raise ValueError(message)
