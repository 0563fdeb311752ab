"""Two records of the same bars compared: every decision and fill that differs, in bps, and whether it is too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.research.parity.bounds import Bounds
from jackline.research.parity.record import ENTERED, Key, Record, Traded

BPS = Decimal(10_000)
NOTHING = "nothing"


class Kind(StrEnum):
    """What differs."""

    DECISION = "decision"
    ONLY_IN_RUN = "only in run"
    ONLY_IN_BACKTEST = "only in backtest"
    ENTRY_PRICE = "entry price"
    QUANTITY = "quantity"
    EXIT_PRICE = "exit price"
    EXIT_REASON = "exit reason"
    EXIT_BAR = "exit bar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One of them. `bps`: of a price, positive where the run did worse; `is_beyond`: more than the bounds allow."""

    kind: Kind
    key: Key
    run: str
    backtest: str
    is_beyond: bool
    bps: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it.

    Attributes:
        compared: decisions and trades that either side has, by symbol, side and bar.
        differing: those of them with a difference beyond the bounds.
        entry_bps, exit_bps: of trades that both have, the run against the backtest.
        run_net_quote, backtest_net_quote: what the trades earned that ended before the last bar.
    """

    bounds: Bounds
    compared: int
    differing: int
    equal_decisions: int
    equal_trades: int
    differences: tuple[Difference, ...]
    entry_bps: tuple[Decimal, ...]
    exit_bps: tuple[Decimal, ...]
    run_net_quote: Decimal
    backtest_net_quote: Decimal

    @property
    def drift_fraction(self) -> Decimal:
        """Share of what was compared that differs."""
        return Decimal(self.differing) / self.compared if self.compared else Decimal(0)

    @property
    def is_within(self) -> bool:
        """It may be called the same."""
        return self.drift_fraction <= self.bounds.drift_fraction


def compare(run: Record, backtest: Record, *, bounds: Bounds, interval_ms: int, to_ms: int) -> Comparison:
    """Match by symbol, side and bar. `to_ms`: the end of the bars: what ends later is not held against either."""
    decided = list(_decisions(run, backtest))
    ours = {one.key: one for one in run.trades}
    theirs = {one.key: one for one in backtest.trades}
    both = [(ours[key], theirs[key]) for key in ours if key in theirs]
    found = [
        *decided,
        *_alone(ours, theirs),
        *(one for pair in both for one in _pair(*pair, bounds, interval_ms, to_ms)),
    ]
    keys = {one.key for record in (run, backtest) for one in record.decisions}
    keys |= ours.keys() | theirs.keys()
    beyond = {one.key for one in found if one.is_beyond}
    same = {one.key: one.word for one in run.decisions}
    return Comparison(
        bounds=bounds,
        compared=len(keys),
        differing=len(beyond),
        equal_decisions=sum(same.get(one.key) == one.word for one in backtest.decisions),
        equal_trades=sum(pair[0].key not in beyond for pair in both),
        differences=tuple(sorted(found, key=lambda one: (one.key[2], one.key, one.kind))),
        entry_bps=tuple(_worse_bps(one.entry_price, other.entry_price, one.sign) for one, other in both),
        exit_bps=tuple(
            _worse_bps(one.exit_price, other.exit_price, -one.sign)
            for one, other in both
            if one.exit_price is not None and other.exit_price is not None
        ),
        run_net_quote=_net(run, to_ms - interval_ms),
        backtest_net_quote=_net(backtest, to_ms - interval_ms),
    )


def _decisions(run: Record, backtest: Record) -> Iterator[Difference]:
    ours = {one.key: one for one in run.decisions}
    theirs = {one.key: one for one in backtest.decisions}
    for key in {**ours, **theirs}:
        one, other = ours.get(key), theirs.get(key)
        words = (NOTHING if one is None else one.word, NOTHING if other is None else other.word)
        if words[0] != words[1]:
            yield Difference(
                kind=Kind.DECISION, key=key, run=words[0], backtest=words[1], is_beyond=ENTERED in words
            )


def _alone(ours: dict[Key, Traded], theirs: dict[Key, Traded]) -> Iterator[Difference]:
    for key in ours.keys() - theirs.keys():
        yield Difference(
            kind=Kind.ONLY_IN_RUN, key=key, run=_told(ours[key]), backtest=NOTHING, is_beyond=True
        )
    for key in theirs.keys() - ours.keys():
        yield Difference(
            kind=Kind.ONLY_IN_BACKTEST, key=key, run=NOTHING, backtest=_told(theirs[key]), is_beyond=True
        )


def _told(trade: Traded) -> str:
    return f"{trade.quantity:f} at {trade.entry_price:f}, {trade.reason}"


def _pair(one: Traded, other: Traded, bounds: Bounds, interval_ms: int, to_ms: int) -> Iterator[Difference]:
    """What differs between a trade and its twin."""
    if one.entry_price != other.entry_price:
        yield _price(Kind.ENTRY_PRICE, one, one.entry_price, other.entry_price, one.sign, bounds)
    if one.quantity != other.quantity:
        apart = abs(one.quantity - other.quantity) / max(one.quantity, other.quantity)
        yield Difference(
            kind=Kind.QUANTITY,
            key=one.key,
            run=f"{one.quantity:f}",
            backtest=f"{other.quantity:f}",
            is_beyond=apart > bounds.quantity_fraction,
        )
    last_ms = to_ms - interval_ms
    ends = (last_ms if bar is None else bar for bar in (one.exit_bar_ms, other.exit_bar_ms))
    if min(ends) < last_ms:  # else the bars end here: how it went on is not on both sides
        yield from _exit(one, other, bounds, interval_ms)


def _exit(one: Traded, other: Traded, bounds: Bounds, interval_ms: int) -> Iterator[Difference]:
    if one.reason != other.reason:
        yield Difference(
            kind=Kind.EXIT_REASON, key=one.key, run=one.reason, backtest=other.reason, is_beyond=True
        )
    bars = (one.exit_bar_ms, other.exit_bar_ms)
    if bars[0] is None or bars[1] is None:
        return
    apart = (bars[0] - bars[1]) // interval_ms
    if apart:
        yield Difference(
            kind=Kind.EXIT_BAR,
            key=one.key,
            run=f"{apart:+d} bars",
            backtest="",
            is_beyond=abs(apart) > bounds.exit_bars,
        )
    if one.exit_price is not None and other.exit_price is not None and one.exit_price != other.exit_price:
        yield _price(Kind.EXIT_PRICE, one, one.exit_price, other.exit_price, -one.sign, bounds)


def _price(
    kind: Kind, trade: Traded, run: Decimal, backtest: Decimal, sign: int, bounds: Bounds
) -> Difference:
    bps = _worse_bps(run, backtest, sign)
    return Difference(
        kind=kind,
        key=trade.key,
        run=f"{run:f}",
        backtest=f"{backtest:f}",
        is_beyond=abs(bps) > bounds.price_bps,
        bps=bps,
    )


def _net(record: Record, last_ms: int) -> Decimal:
    ended = (one for one in record.trades if one.exit_bar_ms is not None and one.exit_bar_ms < last_ms)
    return sum((one.net_quote for one in ended), Decimal(0))


def _worse_bps(run: Decimal | None, backtest: Decimal | None, sign: int) -> Decimal:
    """How much worse the run's price was; `sign` is +1 where a higher one is worse."""
    if run is None or not backtest:
        return Decimal(0)
    bps = ((run - backtest) * sign / backtest * BPS).quantize(Decimal("0.001"))
    return bps + 0  # never minus nothing
