"""Troubles that are nobody's bug: a key, an address, a clock, a setting, a symbol, the venue itself.

Each on a real engine before a real exchange, twice. At a start: the exit code and what is said, or the reason for which
nothing enters. With a position open: no crash, nothing enters and the reason is told, the stop rests on, and when the
trouble ends an entry leaves by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

ETH = "ETHUSDT"
"""Trades by its strategy; BTCUSDT is opened by hand and held."""
RUNS = {"hold": False, "ratio": 1_200.0}
"""A bar of five minutes every quarter of a second."""
RUNG = rf'"symbol": "{ETH}", "rung": '
"""The end of a canary, proven or not."""
REFUSES_LEVERAGE: Json = {
    "kind": "refuse",
    "code": -4028,
    "methods": ["POST"],
    "paths": ["/fapi/v1/leverage"],
}
REFUSES_KEY: Json = {"kind": "refuse", "code": -2015, "account": "main"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is turned at the exchange, and what the engine says then.

    Attributes:
        begin, end: orders for the switches; `fault` stands between the two.
        at_start: exit code of an engine that starts into it, None where it runs and only enters nothing.
        says: pattern of what is said at a start, and `reason` of what is said while it runs.
        from_start: the venue lets nobody do this to an account with a position: it stands before the engine starts,
            and the position is opened then.
    """

    name: str
    at_start: int | None
    says: str
    reason: str
    begin: Json = field(default_factory=dict)
    end: Json = field(default_factory=dict)
    fault: Json | None = None
    hedge: bool = False
    from_start: bool = False


KEY = r"-2015 Invalid API-key, IP, or permissions.*Fix: .*venue\.key_file.*address"
TROUBLES = (
    Trouble(
        name="wrong key", fault=REFUSES_KEY, at_start=2, says=KEY, reason="the venue cannot be read: .*-2015"
    ),
    Trouble(
        name="address not allowed",
        begin={"accounts": {"main": {"addresses": ["192.0.2.1"]}}},
        end={"accounts": {"main": {"addresses": []}}},
        at_start=2,
        says=KEY,
        reason="the venue cannot be read: .*-2015",
    ),
    Trouble(
        name="key may not trade",
        begin={"accounts": {"main": {"trades": False}}},
        end={"accounts": {"main": {"trades": True}}},
        at_start=None,
        says="-2015",
        reason="-2015",
    ),
    Trouble(
        name="key may withdraw",
        begin={"accounts": {"main": {"withdraws": True}}},
        end={"accounts": {"main": {"withdraws": False}}},
        at_start=2,
        says=r"venue\.key_file: the key may withdraw .*Fix: .*take that permission",
        reason="S3: the key may withdraw",
    ),
    Trouble(
        name="clock off",
        begin={"whims": {"clock_ahead_ms": 5_000}},
        end={"whims": {"clock_ahead_ms": 0}},
        at_start=None,
        says=r"our clock is [45]\d\d\d ms behind the venue's",
        reason=r"our clock is [45]\d\d\d ms behind the venue's",
    ),
    Trouble(
        name="mode flipped",
        hedge=True,
        at_start=2,
        says=r"venue\.position_mode is netting, the account is in hedge mode\. Fix: ",
        reason="the account is not in netting mode, as configured: -4061",
        from_start=True,
    ),
    Trouble(
        name="leverage refused",
        fault=REFUSES_LEVERAGE,
        at_start=None,
        says="leverage or margin type could not be set.*-4028",
        reason="leverage or margin type could not be set.*-4028",
        from_start=True,
    ),
    Trouble(
        name="symbol delisted",
        begin={"status": {"BTCUSDT": "BREAK", ETH: "BREAK"}},
        end={"status": {"BTCUSDT": "TRADING", ETH: "TRADING"}},
        at_start=None,
        says="-4141 Symbol is closed",
        reason="-4141.*Symbol is closed",
    ),
    Trouble(
        name="maintenance",
        begin={"maintenance": True},
        end={"maintenance": False},
        at_start=4,
        says=r"venue: .*-1016.*Fix: ",
        reason="the venue cannot be read: .*-1016",
    ),
)
BRIEF = frozenset({"wrong key", "mode flipped", "symbol delisted", "maintenance"})
"""One of each kind: ten seconds each, and the others take their turn in the long command."""
every_trouble = pytest.mark.parametrize(
    "trouble",
    [pytest.param(one, id=one.name, marks=() if one.name in BRIEF else pytest.mark.long) for one in TROUBLES],
)


@dataclass
class Scene:
    """One exchange and what has been turned on it."""

    venue: Exchange
    rule: int | None = None

    async def begin(self, trouble: Trouble) -> None:
        if trouble.begin:
            await self.venue.post("switches", trouble.begin)
        if trouble.fault is not None:
            self.rule = (await self.venue.post("faults", trouble.fault))["number"]
        if trouble.hedge:
            await self.venue.signed("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")

    async def end(self, trouble: Trouble) -> None:
        if trouble.end:
            await self.venue.post("switches", trouble.end)
        if self.rule is not None:
            async with self.venue.http.delete(f"{self.venue.url}/local/v1/faults/{self.rule}") as answer:
                assert answer.status == 200
        if trouble.hedge:
            await self._leave_hedge_mode()

    async def _leave_hedge_mode(self) -> None:
        """The venue changes it for nobody who holds a position or an order: closed, and swept by the engine, first."""
        await self.venue.signed(
            "POST",
            "/fapi/v1/order",
            symbol="BTCUSDT",
            side="SELL",
            positionSide="LONG",
            type="MARKET",
            quantity="0.01",
        )
        await self.venue.witnessed(lambda seen: all(one["status"] != "NEW" for one in seen["algos"]))
        await self.venue.signed("POST", "/fapi/v1/positionSide/dual", dualSidePosition="false")

    async def buy(self, trouble: Trouble) -> None:
        leg = {"positionSide": "LONG"} if trouble.hedge else {}
        await self.venue.signed(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01", **leg
        )

    async def stop_of_btc(self) -> str:
        """The one stop that covers what was opened by hand; naked never since it was covered."""
        testimony = await self.venue.get("witness")
        (episode,) = [one for one in testimony["episodes"] if one["symbol"] == "BTCUSDT"]
        assert not episode["naked_now"], episode
        assert len(episode["naked_intervals"]) == 1, "naked only before it was seen first"
        (stop,) = [one for one in testimony["algos"] if one["symbol"] == "BTCUSDT" and one["status"] == "NEW"]
        return str(stop["client_id"])

    async def entered(self) -> list[Json]:
        """Positions that an entry of ours has opened."""
        names = [
            (one, parse_client_id(one["entry_client_id"]))
            for one in (await self.venue.get("witness"))["episodes"]
        ]
        return [one for one, name in names if name is not None and name.role is Role.ENTRY]


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with exchange("--generate", f"BTCUSDT,{ETH}", "--hold") as venue:
        yield Scene(venue)


def eager(directory: Path, venue: Exchange) -> Path:
    """A strategy that wants something every few bars, and stops that the market does not reach in these seconds."""
    return write_config(
        directory,
        venue.url,
        risk__stop_value_fraction="0.08",
        strategy__parameters__rsi_period="2",
        strategy__parameters__ema_period="2",
        strategy__parameters__rsi_long="51",
        strategy__parameters__rsi_short="49",
    )


async def told(engine: Child, pattern: str) -> Json:
    """The next line of the log that says it."""
    try:
        return await engine.line(lambda line: re.search(pattern, json.dumps(line)) is not None)
    except TimeoutError as error:
        raise AssertionError(f"{pattern} was not said: {_short(engine.seen[-40:])}") from error


def _short(lines: list[Json]) -> list[str]:
    shown = ("event", "symbol", "reason", "detail", "text", "cause")
    return [" ".join(str(line[key])[:120] for key in shown if key in line) for line in lines]


async def until_entered(of: Scene) -> list[Json]:
    """The rung is proven anew first, and the next bar is waited for."""
    async with patience(2.5 * LINE_S):
        while not (found := await of.entered()):
            pass
    return found


async def ended(engine: Child) -> tuple[int, str]:
    """The exit code, and everything that was said."""
    engine.drain()
    async with patience(LINE_S):
        code = await engine.process.wait()
        assert engine.draining is not None
        await engine.draining
    return code, " ".join(" ".join(engine.noise).split())


@every_trouble
async def test_a_start_into_trouble_says_what_where_and_the_fix(tmp_path: Path, trouble: Trouble) -> None:
    async with scene() as of:
        await of.begin(trouble)
        engine = await spawn("engine", "--config", str(eager(tmp_path, of.venue)))
        if trouble.at_start is None:
            await of.venue.post("market", RUNS)
            await told(engine, trouble.says)
            assert await of.entered() == []
            engine.drain()
            assert await engine.stop() == 0
            return
        code, said = await ended(engine)
        assert re.search(trouble.says, said), said
        assert code == trouble.at_start


@pytest.mark.owns("P1", "S3")
@pytest.mark.timeout(120)
@every_trouble
async def test_P1_trouble_while_a_position_is_open_stops_entries_and_nothing_else(
    tmp_path: Path, trouble: Trouble
) -> None:
    async with scene() as of:
        if trouble.from_start:
            await of.begin(trouble)
        await of.buy(trouble)
        engine = await spawn("engine", "--config", str(eager(tmp_path, of.venue)))
        await told(engine, RUNG)
        stop = await of.stop_of_btc()
        if not trouble.from_start:
            await of.begin(trouble)
        await of.venue.post("market", RUNS)
        if trouble.name == "key may withdraw":
            await _prove_again(engine, of, trouble.reason)
        else:
            await told(engine, trouble.reason)
        assert await of.entered() == [], "nothing entered"
        assert await of.stop_of_btc() == stop, "the stop rests on"
        assert engine.process.returncode is None
        engine.drain()
        await of.end(trouble)
        for one in await until_entered(of):
            assert one["naked_ms"] == 0, one
        if not trouble.hedge:
            assert await of.stop_of_btc() == stop
        assert await engine.stop() == 0


async def _prove_again(engine: Child, of: Scene, reason: str) -> None:
    """A permission that was added is seen when a symbol's rung is proven anew: here because of another leverage."""
    for number in range(200):
        await of.venue.signed("POST", "/fapi/v1/leverage", symbol=ETH, leverage=str(5 + number % 2))
        rung = await told(engine, RUNG)
        if re.search(reason, json.dumps(rung)):
            return
    raise AssertionError("the key was not asked about again")


# -- the key gate --------------------------------------------------------------------------------------------

ASKED = "/sapi/v1/account/apiRestrictions"
MAY_WITHDRAW = next(one for one in TROUBLES if one.name == "key may withdraw")


@pytest.mark.owns("S3", "P1")
async def test_S3_what_is_open_is_guarded_with_a_key_that_can_withdraw_and_nothing_enters(
    tmp_path: Path,
) -> None:
    async with scene() as of:
        await of.begin(MAY_WITHDRAW)
        await of.buy(MAY_WITHDRAW)
        engine = await spawn("engine", "--config", str(eager(tmp_path, of.venue)))
        await told(engine, MAY_WITHDRAW.reason)
        assert await of.stop_of_btc()
        assert await of.entered() == []
        engine.drain()
        assert await engine.stop() == 0


@pytest.mark.owns("S3", "P1")
async def test_S3_a_key_that_was_refused_is_asked_about_again_before_anything_enters(tmp_path: Path) -> None:
    """Refused for a while, and back with a permission more: what is open is covered, and nothing enters until the
    permission is gone. With no symbol to open anew and no day over, nobody would have asked."""
    async with scene() as of:
        engine = await spawn("engine", "--config", str(eager(tmp_path, of.venue)))
        await told(engine, RUNG)
        rule = (await of.venue.post("faults", REFUSES_KEY))["number"]
        await told(engine, '"event": "key_refused"')
        await of.venue.post("switches", MAY_WITHDRAW.begin)
        async with of.venue.http.delete(f"{of.venue.url}/local/v1/faults/{rule}") as answer:
            assert answer.status == 200
        await told(engine, MAY_WITHDRAW.reason)
        await of.venue.post("market", RUNS)
        await of.buy(MAY_WITHDRAW)
        await of.venue.witnessed(
            lambda seen: any(one["symbol"] == "BTCUSDT" and not one["naked_now"] for one in seen["episodes"])
        )
        await told(engine, '"event": "entry_denied"')
        assert await of.entered() == []
        await of.end(MAY_WITHDRAW)
        engine.drain()
        assert await until_entered(of)
        assert await engine.stop() == 0


async def test_S3_a_venue_that_does_not_tell_what_a_key_may_do_is_traded_on_and_that_is_said(
    tmp_path: Path,
) -> None:
    async with scene() as of:
        await of.venue.post("faults", {"kind": "refuse", "code": -1000, "status": 404, "paths": [ASKED]})
        engine = await spawn("engine", "--config", str(eager(tmp_path, of.venue)))
        await told(engine, "does not say what a key may do")
        await of.venue.post("market", RUNS)
        engine.drain()
        assert await until_entered(of)
        assert await engine.stop() == 0


async def test_S3_nothing_enters_while_what_the_key_may_do_cannot_be_read(tmp_path: Path) -> None:
    async with scene() as of:
        rule = await of.venue.post("faults", {"kind": "refuse", "code": -1001, "paths": [ASKED]})
        engine = await spawn("engine", "--config", str(eager(tmp_path, of.venue)))
        await of.venue.post("market", RUNS)
        await told(engine, '"reason": "rung".*S3: what the key may do cannot be read')
        assert await of.entered() == []
        of.rule = rule["number"]
        engine.drain()
        await of.end(MAY_WITHDRAW)
        assert await until_entered(of)
        assert await engine.stop() == 0
