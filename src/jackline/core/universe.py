"""Which symbols are traded: filters over what a venue lists. Pure: the same listings give the same universe.

Every symbol that is left out is named with the first reason that holds, in the order of `Exclusion`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.values import Fraction, Price, Quote, Symbol, WireMs

TWO = Decimal(2)


class Exclusion(StrEnum):
    """Why a symbol is out, first that holds."""

    DENIED = "denied"
    NOT_NAMED = "not_named"
    """The configuration names symbols, and not this one."""
    NOT_ALLOWED = "not_allowed"
    QUOTE = "quote"
    NOT_TRADING = "not_trading"
    UNFIT = "unfit"
    """This engine could not trade it: no filters were read, or the leverage is above the venue's."""
    AGE = "age"
    VOLUME = "volume"
    SPREAD = "spread"
    FULL = "full"
    """Others have more volume, and no more symbols fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the venue says of a symbol. None is what it does not say, and no filter lets that pass.

    Attributes:
        listed_ms: when it began to trade, by the venue's clock.
        volume_24h_quote: turnover of the last 24 hours.
        bid, ask: the best prices of the book.
    """

    symbol: Symbol
    quote_asset: str
    is_trading: bool
    listed_ms: WireMs | None
    volume_24h_quote: Quote | None
    bid: Price | None
    ask: Price | None

    @property
    def spread_fraction(self) -> Decimal | None:
        """``(ask − bid) / middle``; None where a side is missing or they are crossed."""
        if self.bid is None or self.ask is None or not Decimal(0) < self.bid <= self.ask:
            return None
        return (self.ask - self.bid) / ((self.ask + self.bid) / TWO)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniverseRules:
    """The filters. `Configuration: [universe]`.

    Attributes:
        allow: patterns, `*` stands for anything; empty allows all. `deny` wins over it.
        symbols_max: the most symbols; of more, those with the highest volume.
        refresh_ms: by the wall, not by market time: volumes and filters change by the day of their venue.
    """

    quote_asset: str = "USDT"
    volume_24h_min_quote: Quote = Quote(Decimal(10_000_000))
    spread_max_fraction: Fraction = Fraction(Decimal("0.001"))
    listing_age_min_ms: int = 30 * 24 * 3_600_000
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    symbols_max: int = 50
    refresh_ms: int = 4 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A symbol that is out, and why, in figures."""

    symbol: Symbol
    reason: Exclusion
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """`members`: by volume, the highest first, equals by name. `excluded`: by name."""

    members: tuple[Symbol, ...]
    excluded: tuple[Excluded, ...]


Unfit = Callable[[Symbol], str | None]
"""Why an engine could not trade a symbol; None when it could."""


def select_universe(
    listings: Iterable[Listing],
    rules: UniverseRules,
    *,
    named: tuple[Symbol, ...],
    unfit: Unfit,
    now_ms: WireMs,
) -> Universe:
    """Filter what the venue lists; `named` are the only ones that may come in, unless it is empty.

    The order of `listings` decides nothing. A symbol that is named and not listed is out as not trading.
    """
    found = {listing.symbol: listing for listing in listings}
    excluded = [
        Excluded(symbol=symbol, reason=Exclusion.NOT_TRADING, detail="the venue does not list it")
        for symbol in named
        if symbol not in found
    ]
    passed: list[Listing] = []
    for listing in found.values():
        why = _exclusion(listing, rules, named=named, unfit=unfit, now_ms=now_ms)
        if why is None:
            passed.append(listing)
        else:
            excluded.append(Excluded(symbol=listing.symbol, reason=why[0], detail=why[1]))
    passed.sort(key=lambda one: (-(one.volume_24h_quote or Decimal(0)), one.symbol))
    for place, listing in enumerate(passed[rules.symbols_max :], start=rules.symbols_max + 1):
        detail = f"place {place} by volume of {rules.symbols_max} that fit"
        excluded.append(Excluded(symbol=listing.symbol, reason=Exclusion.FULL, detail=detail))
    excluded.sort(key=lambda one: one.symbol)
    members = tuple(listing.symbol for listing in passed[: rules.symbols_max])
    return Universe(members=members, excluded=tuple(excluded))


def _exclusion(
    listing: Listing, rules: UniverseRules, *, named: tuple[Symbol, ...], unfit: Unfit, now_ms: WireMs
) -> tuple[Exclusion, str] | None:
    symbol = listing.symbol
    denied = _match(symbol, rules.deny)
    if denied is not None:
        return Exclusion.DENIED, f"deny has {denied}"
    if named and symbol not in named:
        return Exclusion.NOT_NAMED, "venue.symbols does not name it"
    if rules.allow and _match(symbol, rules.allow) is None:
        return Exclusion.NOT_ALLOWED, "no pattern of allow fits"
    if listing.quote_asset != rules.quote_asset:
        return Exclusion.QUOTE, f"quoted in {listing.quote_asset}, not {rules.quote_asset}"
    if not listing.is_trading:
        return Exclusion.NOT_TRADING, "the venue does not trade it now"
    why = unfit(symbol)
    if why is not None:
        return Exclusion.UNFIT, why
    return _too_young(listing, rules, now_ms) or _too_thin(listing, rules)


def _too_young(listing: Listing, rules: UniverseRules, now_ms: WireMs) -> tuple[Exclusion, str] | None:
    """0 asks for no age: there are venues that do not say when they listed what they always had."""
    least = rules.listing_age_min_ms
    if least == 0:
        return None
    if listing.listed_ms is None:
        return Exclusion.AGE, "the venue does not say since when it is listed"
    age_ms = now_ms - listing.listed_ms
    return None if age_ms >= least else (Exclusion.AGE, f"listed for {age_ms} ms of {least}")


def _too_thin(listing: Listing, rules: UniverseRules) -> tuple[Exclusion, str] | None:
    volume, spread = listing.volume_24h_quote, listing.spread_fraction
    if volume is None:
        return Exclusion.VOLUME, "the venue does not say its volume"
    if volume < rules.volume_24h_min_quote:
        least = rules.volume_24h_min_quote
        return Exclusion.VOLUME, f"{volume:.0f} {rules.quote_asset} in 24 h of {least:.0f}"
    if spread is None:
        return Exclusion.SPREAD, "no bid or no ask"
    if spread > rules.spread_max_fraction:
        return Exclusion.SPREAD, f"{spread:.6f} of the price, {rules.spread_max_fraction:f} at most"
    return None


def _match(symbol: Symbol, patterns: tuple[str, ...]) -> str | None:
    """The first pattern that fits."""
    return next((pattern for pattern in patterns if _fits(symbol, pattern)), None)


def _fits(name: str, pattern: str) -> bool:
    """`*` stands for any letters, none too; each piece between two of them is taken where it comes first."""
    first, *pieces = pattern.split("*")
    if not pieces:
        return name == first
    if not name.startswith(first):
        return False
    place = len(first)
    for piece in pieces[:-1]:
        found = name.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return len(name) - place >= len(pieces[-1]) and name.endswith(pieces[-1])
