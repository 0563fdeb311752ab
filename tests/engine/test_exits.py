"""Each exit in a real engine before a real exchange: why the position ended is what the engine says and writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.core.trade import Trade
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

BTC = "BTCUSDT"
RUNS = {"hold": False, "ratio": 300.0}
"""A bar of five minutes every second."""
BEND_MS = 60_000
STRATEGY = """
from dataclasses import dataclass
from decimal import Decimal
from jackline.core.ports import Signal
from jackline.core.values import Side

@dataclass(frozen=True)
class Once:
    name = "once"
    warmup_bars = 2

    def signal(self, bars):
        return Signal(side=Side.{side}, reason="always")

    def exit_confidence(self, bars, side):
        return {opinion}
"""
NONE = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One exit.

    Attributes:
        keys: what is added to the configuration.
        moves: fractions by which the price is bent, in favour of the position when positive, each waited for.
        says: the reason as told.
    """

    says: str
    keys: dict[str, str] = field(default_factory=dict)
    moves: tuple[str, ...] = ()
    opinion: str = NONE


STAGES = {"exits__stages": '"on"'}
CASES = (
    Case(says="model_exit(0.731)", opinion='Decimal("0.731")'),
    Case(says="target", keys={"risk__target_fraction": "0.01"}, moves=("0.02",)),
    Case(says="trailing_stop", keys={"risk__trailing_fraction": "0.03"}, moves=("0.04", "-0.05")),
    Case(says="trailing_stop", keys=STAGES, moves=("0.035", "-0.04")),
    Case(says="max_hold", keys={"risk__hold_max_ms": "900_000"}),
    Case(
        says="no_progress",
        keys={"exits__no_progress_ms": "900_000", "exits__progress_step_fraction": "0.1"},
    ),
    Case(says="stop", moves=("-0.09",)),
)
NAMES = ("model_exit", "target", "percent_trail", "stages", "max_hold", "no_progress", "stop")
BRIEF = frozenset({"model_exit", "stages", "stop"})
"""Ten seconds each: the others take their turn in the long command, and in worlds."""
every_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=() if name in BRIEF else pytest.mark.long)
        for name, case in zip(NAMES, CASES, strict=True)
    ],
)
both_sides = pytest.mark.parametrize("side", ["LONG", "SHORT"])


def configured(directory: Path, venue: Exchange, case: Case, side: str) -> str:
    (directory / "once.py").write_text(STRATEGY.format(side=side, opinion=case.opinion), encoding="utf-8")
    keys = {
        "risk__stop_value_fraction": "0.07",
        "venue__symbols": f'["{BTC}"]',
        "protection__ratchet_gap_ms": "100",
        **case.keys,
    }
    path = write_config(directory, venue.url, **keys)
    path.write_text(path.read_text().replace('name = "rsi_trend"', 'file = "once.py"'))
    return str(path)


def stored(directory: Path) -> tuple[Trade, ...]:
    path = directory / "state" / ENGINE_FILE
    if not path.exists():
        return ()
    with StoreReader(HostDisk(), path) as reader:
        return tuple(reader.load_trades())


async def protected(directory: Path, venue: Exchange) -> Trade:
    """The open trade, once the engine's own record says that it is protected; then market time stands still."""
    async with patience(LINE_S):
        while True:
            for trade in stored(directory):
                if trade.phase == "protected" and trade.entry is not None:
                    await venue.post("market", {"hold": True})
                    return trade
            await venue.get("state")


async def bend(venue: Exchange, fraction: Decimal) -> None:
    """Bend the price, and hold the market again where it has been bent."""
    now_ms = (await venue.get("state"))["market_ms"]
    crash = {"symbol": BTC, "fraction": str(fraction), "over_ms": BEND_MS}
    await venue.post("market", {"crash": crash, "hold_at_ms": now_ms + 2 * BEND_MS, **RUNS})
    async with patience(LINE_S):
        while not (await venue.get("state"))["held"]:
            pass


def resting(testimony: Json) -> list[Json]:
    """Working stops, D first."""
    live = [one for one in testimony["algos"] if one["status"] == "NEW" and one["symbol"] == BTC]
    return [one for one in live if _role(one) in {Role.DISASTER, Role.WORKING}]


def _role(row: Json) -> Role | None:
    name = parse_client_id(row["client_id"])
    return None if name is None else name.role


def triggers(testimony: Json, role: Role) -> list[Decimal]:
    return [Decimal(one["trigger_price"]) for one in resting(testimony) if _role(one) is role]


async def ended(engine: Child, trade: Trade) -> Json:
    """How this trade ended; one before it may have found no fill."""
    while (told := await engine.event("trade_ended"))["trade_id"] != trade.trade_id:
        pass
    return told


@pytest.mark.parametrize("side", ["LONG", pytest.param("SHORT", marks=pytest.mark.long)])
@every_case
@pytest.mark.timeout(120)
@pytest.mark.owns("K2")
async def test_K2_every_exit_ends_a_trade_of_a_running_engine(tmp_path: Path, case: Case, side: str) -> None:
    sign = 1 if side == "LONG" else -1
    async with exchange("--generate", BTC, "--hold") as venue:
        engine = await spawn("engine", "--config", configured(tmp_path, venue, case, side))
        await engine.event("rung")
        await venue.post("market", RUNS)
        trade = await protected(tmp_path, venue)
        for number, move in enumerate(case.moves):
            await bend(venue, sign * Decimal(move))
            if number == 0 and case.says == "trailing_stop":
                await venue.witnessed(lambda seen: bool(triggers(seen, Role.WORKING)))
        await venue.post("market", RUNS)
        told = await ended(engine, trade)
        engine.drain()
        assert told["reason"] == case.says
        testimony = await venue.get("witness")
        assert await engine.stop() == 0
    assert testimony["episodes"][0]["naked_ms"] == 0
    with StoreReader(HostDisk(), tmp_path / "state" / ENGINE_FILE) as reader:
        (row,) = [
            one
            for one in reader.journal_tail(10_000)
            if one.kind == "ended" and one.trade_id == trade.trade_id
        ]
    assert f'"reason":"{case.says.partition("(")[0]}"' in row.body
    assert ('"parameter":"0.731"' in row.body) is (case.says == "model_exit(0.731)")


@pytest.mark.timeout(120)
@pytest.mark.owns("P4", "P5")
@both_sides
async def test_P4_a_kill_in_the_middle_of_the_stages_leaves_both_stops_as_they_were(
    tmp_path: Path, side: str
) -> None:
    sign = 1 if side == "LONG" else -1
    case = Case(says="trailing_stop", keys=STAGES)
    async with exchange("--generate", BTC, "--hold") as venue:
        config = configured(tmp_path, venue, case, side)
        engine = await spawn("engine", "--config", config)
        await engine.event("rung")
        engine.drain()
        await venue.post("market", RUNS)
        trade = await protected(tmp_path, venue)
        await bend(venue, sign * Decimal("0.035"))
        before = await venue.witnessed(lambda seen: len(resting(seen)) == 2)
        await engine.kill()
        assert resting(await venue.get("witness")) == resting(before), "a death moves nothing"
        again = await spawn("engine", "--config", config)
        await again.event("recovered")
        again.drain()
        await _protected_again(tmp_path, venue, trade)
        after = await venue.get("witness")
        assert triggers(after, Role.DISASTER) == triggers(before, Role.DISASTER)
        (was,), levels = triggers(before, Role.WORKING), triggers(after, Role.WORKING)
        assert all((level - was) * sign >= 0 for level in levels), "never looser"
        assert levels
        entry = trade.entry_price or Decimal(0)
        assert (was - entry) * sign > 0, "the stop stands in profit"
        await bend(venue, sign * Decimal("0.03"))
        later = await venue.witnessed(lambda seen: (triggers(seen, Role.WORKING) or [was])[-1] != was)
        assert all((level - was) * sign >= 0 for level in triggers(later, Role.WORKING)), "and it goes on"
        assert later["episodes"][0]["naked_ms"] == 0
        assert await again.stop() == 0


async def _protected_again(directory: Path, venue: Exchange, before: Trade) -> None:
    """The new engine has read its stops back."""
    async with patience(LINE_S):
        while True:
            for trade in stored(directory):
                if trade.trade_id == before.trade_id and trade.recovered and trade.phase == "protected":
                    return
            await venue.get("state")


RAISES = "1 / 0"
NO_CONFIDENCE = "7.5"


@pytest.mark.timeout(120)
@pytest.mark.owns("M2")
@pytest.mark.parametrize(
    "opinion",
    [
        RAISES,
        NO_CONFIDENCE,
        *(
            pytest.param(text, marks=pytest.mark.long)
            for text in ('Decimal("NaN")', 'Decimal("1.01")', "True")
        ),
    ],
)
async def test_M2_what_is_no_opinion_is_journalled_and_closes_nothing(tmp_path: Path, opinion: str) -> None:
    async with exchange("--generate", BTC, "--hold") as venue:
        config = configured(tmp_path, venue, Case(says="", opinion=opinion), "LONG")
        engine = await spawn("engine", "--config", config)
        await engine.event("rung")
        await venue.post("market", RUNS)
        denied = await engine.line(lambda line: "no opinion" in str(line.get("detail")))
        engine.drain()
        assert denied["reason"] == "strategy"
        assert denied["side"] == "long"
        testimony = await venue.get("witness")
        assert testimony["episodes"][0]["closed_wire_ms"] is None
        assert not testimony["episodes"][0]["naked_now"]
        assert engine.process.returncode is None
        assert await engine.stop() == 0
