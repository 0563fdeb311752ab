"""The universe: every reason to be out, and what the order of a venue's answer may not decide."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.universe import Exclusion, Listing, Universe, UniverseRules, select_universe
from jackline.core.values import Fraction, Price, Quote, Symbol, WireMs

DAY_MS = 24 * 3_600_000
NOW_MS = WireMs(1_000 * DAY_MS)
RULES = UniverseRules(
    volume_24h_min_quote=Quote(Decimal(1_000)),
    spread_max_fraction=Fraction(Decimal("0.001")),
    listing_age_min_ms=30 * DAY_MS,
    symbols_max=2,
)


def listing(name: str, volume: str = "5000") -> Listing:
    """One that passes every filter."""
    return Listing(
        symbol=Symbol(name),
        quote_asset="USDT",
        is_trading=True,
        listed_ms=WireMs(0),
        volume_24h_quote=Quote(Decimal(volume)),
        bid=Price(Decimal("99.99")),
        ask=Price(Decimal("100.01")),
    )


def chosen(
    *listings: Listing, rules: UniverseRules = RULES, named: tuple[str, ...] = (), unfit: str | None = None
) -> Universe:
    return select_universe(
        listings,
        rules,
        named=tuple(Symbol(name) for name in named),
        unfit=lambda _: unfit,
        now_ms=NOW_MS,
    )


def test_members_are_those_with_the_highest_volume_and_equals_go_by_name() -> None:
    found = chosen(listing("CUSDT", "5000"), listing("AUSDT", "2000"), listing("BUSDT", "5000"))
    assert found.members == ("BUSDT", "CUSDT")
    (out,) = found.excluded
    assert (out.symbol, out.reason) == ("AUSDT", Exclusion.FULL)
    assert out.detail == "place 3 by volume of 2 that fit"


ONE = listing("AUSDT")
OUT = {
    Exclusion.DENIED: (ONE, replace(RULES, deny=("X*", "A*"), allow=("A*",)), "deny has A*"),
    Exclusion.NOT_ALLOWED: (ONE, replace(RULES, allow=("B*", "A")), "no pattern of allow fits"),
    Exclusion.QUOTE: (replace(ONE, quote_asset="USDC"), RULES, "quoted in USDC, not USDT"),
    Exclusion.NOT_TRADING: (replace(ONE, is_trading=False), RULES, "the venue does not trade it now"),
    Exclusion.AGE: (
        replace(ONE, listed_ms=WireMs(NOW_MS - 30 * DAY_MS + 1)),
        RULES,
        f"listed for {30 * DAY_MS - 1} ms of {30 * DAY_MS}",
    ),
    Exclusion.VOLUME: (listing("AUSDT", "999"), RULES, "999 USDT in 24 h of 1000"),
    Exclusion.SPREAD: (
        replace(ONE, ask=Price(Decimal("100.20"))),
        RULES,
        "0.002098 of the price, 0.001 at most",
    ),
}


@pytest.mark.parametrize(("reason", "case"), OUT.items(), ids=str)
def test_each_reason_to_be_out_is_told_in_figures(
    reason: Exclusion, case: tuple[Listing, UniverseRules, str]
) -> None:
    one, rules, detail = case
    found = chosen(one, rules=rules)
    assert found.members == ()
    assert [(out.reason, out.detail) for out in found.excluded] == [(reason, detail)]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (replace(ONE, listed_ms=None), Exclusion.AGE),
        (replace(ONE, volume_24h_quote=None), Exclusion.VOLUME),
        (replace(ONE, bid=None), Exclusion.SPREAD),
        (replace(ONE, bid=Price(Decimal(101))), Exclusion.SPREAD),
        (replace(ONE, bid=Price(Decimal(0)), ask=Price(Decimal(0))), Exclusion.SPREAD),
    ],
    ids=["no age", "no volume", "no bid", "crossed", "zero"],
)
def test_what_the_venue_does_not_say_passes_no_filter(one: Listing, reason: Exclusion) -> None:
    assert [out.reason for out in chosen(one).excluded] == [reason]


def test_bounds_belong_to_what_passes() -> None:
    edge = replace(
        listing("AUSDT", "1000"),
        listed_ms=WireMs(NOW_MS - 30 * DAY_MS),
        bid=Price(Decimal("99.95")),
        ask=Price(Decimal("100.05")),
    )
    assert chosen(edge).members == ("AUSDT",)


def test_an_age_of_nothing_asks_for_no_age() -> None:
    assert chosen(replace(ONE, listed_ms=None), rules=replace(RULES, listing_age_min_ms=0)).members


def test_of_symbols_that_are_named_only_those_come_in() -> None:
    found = chosen(ONE, listing("BUSDT"), named=("AUSDT", "GONEUSDT"))
    assert found.members == ("AUSDT",)
    assert {out.symbol: out.reason for out in found.excluded} == {
        "BUSDT": Exclusion.NOT_NAMED,
        "GONEUSDT": Exclusion.NOT_TRADING,
    }


def test_one_that_the_engine_could_not_trade_is_out_with_its_reason() -> None:
    (out,) = chosen(ONE, unfit="the venue allows 1 … 3 of leverage").excluded
    assert (out.reason, out.detail) == (Exclusion.UNFIT, "the venue allows 1 … 3 of leverage")


PIECES = st.lists(st.sampled_from(["A", "B", "AB", "*"]), max_size=6).map("".join)


@given(PIECES.map(lambda text: text.replace("*", "")), PIECES)
def test_a_star_stands_for_anything_as_in_a_shell(name: str, pattern: str) -> None:
    one = replace(ONE, symbol=Symbol(name))
    found = chosen(one, rules=replace(RULES, allow=(pattern,)))
    assert bool(found.members) is fnmatchcase(name, pattern)


LISTINGS = st.lists(
    st.builds(
        Listing,
        symbol=st.sampled_from([Symbol(f"{letter}USDT") for letter in "ABCDEFGH"]),
        quote_asset=st.sampled_from(["USDT", "USDC"]),
        is_trading=st.booleans(),
        listed_ms=st.sampled_from([None, WireMs(0), NOW_MS]),
        volume_24h_quote=st.sampled_from([None, *(Quote(Decimal(one)) for one in (0, 1_000, 2_000))]),
        bid=st.sampled_from([None, Price(Decimal("99.99"))]),
        ask=st.sampled_from([Price(Decimal("100.01")), Price(Decimal(110))]),
    ),
    unique_by=lambda one: one.symbol,
    max_size=8,
)


@given(LISTINGS, st.randoms())
def test_every_listing_is_in_or_out_once_and_their_order_decides_nothing(
    listings: list[Listing], chance: object
) -> None:
    found = chosen(*listings)
    told = [*found.members, *(out.symbol for out in found.excluded)]
    assert sorted(told) == sorted(one.symbol for one in listings)
    assert len(found.members) <= RULES.symbols_max
    assert chosen(*reversed(listings)) == found
    chance.shuffle(listings)  # type: ignore[attr-defined]
    assert chosen(*listings) == found
