"""Denials through a running engine against the local exchange: the gate's name in log and journal, and nothing sent.

Every reason is reached through `step` in tests/core/test_gates.py; here the way of a signal is the whole one: bars of a
socket, a strategy of a file, rules of a configuration, the core, the journal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from jackline.store.batch import AccountKey
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

BTC = "BTCUSDT"
RUNS = {"hold": False, "ratio": 1_200.0}
"""A bar of five minutes every quarter of a second."""
STRATEGY = """
from dataclasses import dataclass
from decimal import Decimal
from jackline.core.opportunity import Probabilities
from jackline.core.ports import Signal
from jackline.core.values import Side

@dataclass(frozen=True)
class Always:
    name = "always"
    warmup_bars = 2

    def signal(self, bars):
        even = bars[-1].open_ms // bars[-1].interval_ms % 2 == 0
        return Signal(side={side}, reason="always", {more})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Rules under which a strategy that always wants something is denied, and by which gate."""

    reason: str
    gate: str
    rules: dict[str, str] = field(default_factory=dict)
    side: str = "Side.LONG"
    more: str = ""
    serve: tuple[str, ...] = ()

    def configured(self, directory: Path, url: str) -> Path:
        """Stops are far away, so that only the rule in question denies."""
        text = STRATEGY.format(side=self.side, more=self.more)
        (directory / "mine.py").write_text(text, encoding="utf-8")
        rules = {"risk__stop_value_fraction": "0.08", "venue__symbols": f'["{BTC}"]', **self.rules}
        path = write_config(directory, url, **rules)
        path.write_text(path.read_text().replace('name = "rsi_trend"', 'file = "mine.py"'))
        return path


EITHER = "Side.LONG if even else Side.SHORT"
REGIME = {
    "regime__gate": '"on"',
    "regime__mirror_rule": '"on"',
    "regime__ema_period_bars": "20",
    "regime__band_fraction": "0.000001",
}
EQUITY_BASIS = {
    "risk__stop_basis": '"equity"',
    "risk__size_mode": '"fixed"',
    "risk__size_fixed_quote": "1000",
}
CASES = (
    Case(reason="equity_too_small", gate="equity", rules={"risk__equity_min_quote": "1000000"}),
    Case(reason="regime", gate="regime", rules=REGIME, side=EITHER),
    Case(
        reason="regime",
        gate="regime",
        rules={**REGIME, "regime__reference_symbol": '"ETHUSDT"', "regime__ema_period_bars": "200"},
        side=EITHER,
    ),
    Case(
        reason="opportunity",
        gate="opportunity",
        more='probabilities=Probabilities(long=Decimal("0.5"), short=Decimal("0.5"))',
    ),
    Case(
        reason="confidence",
        gate="size",
        rules={
            "risk__size_mode": '"signal"',
            "risk__size_cap_basis": '"margin"',
            "risk__size_cap_fraction": "0.95",
        },
        more='confidence=Decimal("0.4")',
    ),
    Case(reason="heat_loss", gate="heat", rules={"risk__heat_loss_max_fraction": "0.0001"}),
    Case(reason="heat_notional", gate="heat", rules={"risk__heat_notional_max_fraction": "0.0001"}),
    Case(
        reason="slippage",
        gate="slippage",
        # A size that the venue would not take: else the first signal that mark has not run away from opens a trade.
        rules={
            "risk__slippage_adverse_max_fraction": "0.0001",
            "risk__size_mode": '"fixed"',
            "risk__size_fixed_quote": "1",
        },
        side=EITHER,
    ),
    Case(
        reason="minimum_order",
        gate="venue_minimums",
        rules={"risk__size_mode": '"fixed"', "risk__size_fixed_quote": "1"},
    ),
    Case(
        reason="stop_distance",
        gate="protection",
        rules={**EQUITY_BASIS, "risk__stop_value_fraction": "1"},
    ),
    Case(
        reason="liquidation",
        gate="protection",
        rules={**EQUITY_BASIS, "risk__stop_value_fraction": "0.008", "risk__leverage": "20"},
    ),
    Case(
        reason="rung",
        gate="protection",
        rules={"venue__rung": '"stop_first"'},
        serve=("--stop-while-flat", "refuse"),
    ),
)


async def denial(engine: Child, reason: str) -> Json:
    """The first denial for this reason."""
    return await engine.line(
        lambda line: line.get("event") == "entry_denied" and line["reason"] == reason, within_s=LINE_S * 2
    )


def journalled(directory: Path, kind: str) -> list[str]:
    with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
        return [row.body for row in reader.journal_tail(10_000) if row.kind == kind]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.reason}-{len(case.rules)}")
async def test_a_running_engine_denies_and_journals_the_gate(tmp_path: Path, case: Case) -> None:
    async with exchange("--generate", f"{BTC},ETHUSDT", "--hold", *case.serve) as venue:
        engine = await spawn("engine", "--config", str(case.configured(tmp_path, venue.url)))
        await engine.event("rung")
        await venue.post("market", RUNS)
        denied = await denial(engine, case.reason)
        await venue.post("market", {"hold": True})
        assert denied["gate"] == case.gate
        assert await engine.stop() == 0
        if case.side != EITHER:  # else the other side may pass
            assert not entries(await venue.get("witness")), "denied, and nothing was opened"
    rows = journalled(tmp_path, "denied")
    assert any(f'"reason":"{case.reason}"' in row and f'"gate":"{case.gate}"' in row for row in rows)


def entries(testimony: Json) -> list[Json]:
    """The positions that entries of ours have opened, by the witness."""
    named = [(one, parse_client_id(one["entry_client_id"])) for one in testimony["episodes"]]
    return [one for one, name in named if name is not None and name.role is Role.ENTRY]


async def entered(venue: Exchange) -> Json:
    """The position that an entry of ours has opened, and that a stop covers."""
    async with patience(LINE_S * 2):
        while True:
            for one in entries(await venue.get("witness")):
                if not one["naked_now"]:
                    return one


def stops_of(testimony: Json) -> set[str]:
    """Client ids of the stops that rest."""
    return {one["client_id"] for one in testimony["algos"] if one["status"] == "NEW"}


@pytest.mark.timeout(240)
@pytest.mark.owns("K1", "K2", "K5")
async def test_K1_a_limit_that_tripped_is_still_tripped_after_kill_9_and_a_close_works(
    tmp_path: Path,
) -> None:
    case = Case(
        reason="kill_level",
        gate="account",
        rules={"risk__daily_loss_max_fraction": "0.001", "risk__slippage_adverse_max_fraction": "0.05"},
    )
    async with exchange("--generate", BTC, "--hold") as venue:
        config = str(case.configured(tmp_path, venue.url))
        engine = await spawn("engine", "--config", config)
        await engine.event("rung")
        await venue.post("market", RUNS)
        await denial(engine, "symbol_busy")
        await entered(venue)
        crash = {"symbol": BTC, "fraction": "-0.03", "over_ms": 600_000}
        await venue.post("market", {**RUNS, "crash": crash})
        await denial(engine, "kill_level")
        await venue.post("market", {"hold": True})
        resting = stops_of(await venue.get("witness"))
        assert resting
        await engine.kill()
        with StoreReader(HostDisk(), tmp_path / "state" / ENGINE_FILE) as reader:
            assert reader.load_account()[AccountKey.KILL_LEVEL.value] == "no_new_risk"
        assert any(re.search(r'"actor":"limit".*daily loss', row) for row in journalled(tmp_path, "kill"))

        again = await spawn("engine", "--config", config)
        recovered = await again.event("recovered")
        assert recovered["kill_level"] == "no_new_risk"
        assert not any(line.get("event") in {"rung", "signal"} for line in again.seen), "before anything else"
        await venue.post("market", RUNS)
        assert (await denial(again, "kill_level"))["gate"] == "account"
        again.drain()
        await venue.post("market", {"hold": True})
        testimony = await venue.get("witness")
        assert resting <= stops_of(testimony), "stops are untouched"
        closing = await spawn("close-all", "--config", config, "--yes", "--json")
        closing.drain()
        assert await closing.process.wait() == 0, closing.noise
        await closing.kill()
        testimony = await venue.get("witness")
        assert not testimony["accounts"]["main"]["positions"]
        assert await again.stop() == 0
