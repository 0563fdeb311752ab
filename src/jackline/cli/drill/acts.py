"""The drills: what is done, what is expected, and what the exchange's witness saw of the position meanwhile."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from jackline.cli.demo.witness import Episode, Testimony
from jackline.cli.direct import connected
from jackline.cli.drill.house import House
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.core.coverage import coverage
from jackline.core.orders import OrderView, Snapshot
from jackline.core.outcomes import Acked
from jackline.core.requests import CancelOrder, ReadSnapshot
from jackline.core.state import KillLevel
from jackline.store.commands import CommandKind
from jackline.venue.port import Venue

OUTAGE_S = 2.0
"""How long nobody is there: longer than a look of the guard, and felt as short by whoever watches."""
BEYOND = Decimal("0.01")
"""A bent market lands this far beyond the stop at once."""
WAIT_S = 60.0
LOOKS_MAX = 20
LOOK_PAUSE_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of a drill.

    Attributes:
        naked_ms: how long the position stood without a covering stop, by the witness; `allowed_ms` at most.
        took_ms: from the deed to the recovery that the drill waits for.
        wrong: what else did not hold; empty where all did.
    """

    naked_ms: float
    allowed_ms: int
    took_ms: float
    told: str
    wrong: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.wrong and self.naked_ms <= self.allowed_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One rehearsal. `play` gets a house whose position is open and covered."""

    did: str
    expected: str
    play: Callable[[House, Episode], Awaitable[Seen]]


async def kill_switch(house: House, subject: Episode) -> Seen:
    """No new risk, flatten, flat, reset: as an operator would, and judged by the exchange."""
    drill_id, began = f"drill {uuid.uuid4().hex[:12]}", time.monotonic()
    await house.order(CommandKind.KILL, drill_id, KillLevel.NO_NEW_RISK)
    answer = await house.signal()
    wrong = [] if answer.startswith("denied") else [f"a wish was {answer} under no_new_risk"]
    await house.order(CommandKind.KILL, drill_id, KillLevel.FLATTEN)
    seen = await house.until(lambda: _closed(house, subject), WAIT_S, "the position was not flattened")
    took_ms = (time.monotonic() - began) * 1_000
    await house.order(CommandKind.RESET, f"{drill_id}: rehearsed")
    told = f"the wish under no_new_risk was denied; flat after {took_ms:.0f} ms"
    return _seen(seen, subject, took_ms=took_ms, told=told, wrong=tuple(wrong))


async def restart(house: House, subject: Episode) -> Seen:
    """The engine ends by SIGKILL and comes back to what its disk remembers."""
    await house.engine.kill()
    await asyncio.sleep(OUTAGE_S)
    began = time.monotonic()
    await house.start_engine()
    took_ms = (time.monotonic() - began) * 1_000
    seen = await house.witness.testimony()
    wrong = () if _living(seen, subject) else ("the position was closed",)
    return _seen(seen, subject, took_ms=took_ms, told=f"ready {took_ms:.0f} ms after its start", wrong=wrong)


async def stream_loss(house: House, subject: Episode) -> Seen:
    """Every socket is closed and none can be opened: nothing is heard, and looks go on."""
    await house.fault({"kind": "no_dial"})
    await house.fault({"kind": "hang_up"})
    await asyncio.sleep(OUTAGE_S)
    answer = await house.signal()
    wrong = [] if answer.startswith("denied") else [f"a wish was {answer} without a stream"]
    await house.fault(None)
    began = time.monotonic()
    await house.until(house.stream_is_up, WAIT_S, "the stream did not come back")
    took_ms = (time.monotonic() - began) * 1_000
    told = f"a wish without a stream was {answer.partition(':')[0]}; up again after {took_ms:.0f} ms"
    return _seen(await house.witness.testimony(), subject, took_ms=took_ms, told=told, wrong=tuple(wrong))


async def stop_removed(house: House, subject: Episode) -> Seen:
    """Somebody cancels the stop at the venue: another one rests in time, or the position is closed."""
    return await _without_its_stop(house, subject, who="the engine")


async def takeover(house: House, subject: Episode) -> Seen:
    """The same while no engine lives: the watchdog acts in its place. Then the engine comes back."""
    await house.engine.kill()
    seen = await _without_its_stop(house, subject, who="the watchdog")
    await house.start_engine()
    return seen


async def blackout(house: House, subject: Episode) -> Seen:
    """Engine and watchdog die, and the market falls through the stop: what rests at the exchange is all there is."""
    stop = _stop_price(await house.witness.testimony(), subject)
    await house.engine.kill()
    await house.watchdog.kill()
    market = await house.witness.hold()
    last = market.symbols[house.listed].last
    fraction = (stop * (1 - BEYOND) / last - 1).quantize(Decimal("0.000001"))
    await house.witness.crash(symbol=house.listed, fraction=fraction, over_ms=1)
    await house.witness.resume(market.ratio)
    seen = await house.until(lambda: _closed(house, subject), WAIT_S, "the stop did not fire")
    filled = [one for one in seen.stop_fills if one.wire_ms >= subject.opened_wire_ms]
    wrong = () if filled else ("the position ended, and no stop fired",)
    began = time.monotonic()
    await house.start_watchdog()
    await house.start_engine()
    await house.flat()
    took_ms = (time.monotonic() - began) * 1_000
    told = "the stop fired with nobody there" + (
        f", {abs(filled[0].slip_bps):.0f} bps beyond" if filled else ""
    )
    return _seen(seen, subject, took_ms=took_ms, told=f"{told}; booked and swept", wrong=wrong)


DRILLS: Mapping[str, Drill] = MappingProxyType(
    {
        "kill-switch": Drill(
            did="no_new_risk, a wish, flatten, reset",
            expected="the wish denied, all closed, a stop until then",
            play=kill_switch,
        ),
        "restart": Drill(
            did=f"engine killed (SIGKILL), started again after {OUTAGE_S:g} s",
            expected="the stop rests all the time, the position is taken over",
            play=restart,
        ),
        "stream-loss": Drill(
            did=f"every socket closed, none opened for {OUTAGE_S:g} s",
            expected="the stop rests, nothing enters, the stream comes back",
            play=stream_loss,
        ),
        "stop-removed": Drill(
            did="the stop cancelled at the venue by somebody else",
            expected="another stop rests in time, or the position is closed",
            play=stop_removed,
        ),
        "takeover": Drill(
            did="engine killed, then the stop cancelled at the venue",
            expected="the watchdog rests another one in time, or closes",
            play=takeover,
        ),
        "blackout": Drill(
            did="engine and watchdog killed, the market sent through the stop",
            expected="the stop at the exchange fires; afterwards all is booked",
            play=blackout,
        ),
    }
)
"""In the order in which `all` plays them."""


async def _without_its_stop(house: House, subject: Episode, *, who: str) -> Seen:
    await _cancel_stop(house)
    began = time.monotonic()
    seen = await house.until(lambda: _covered_or_closed(house, subject), WAIT_S, f"{who} did not act")
    took_ms = (time.monotonic() - began) * 1_000
    living = _living(seen, subject)
    told = f"{who} {'rested another stop' if living else 'closed the position'} after {took_ms:.0f} ms"
    return _seen(seen, subject, took_ms=took_ms, told=told, allowed_ms=house.allowed_ms)


async def _cancel_stop(house: House) -> None:
    """As somebody would at the venue's own page: every stop that covers, by its own name there."""
    async with connected(house.config) as venue:
        venue.share(with_engine=True)
        for order in _covering(house, await _look(venue, house)):
            cancel = CancelOrder(trade_id=None, key=order.key, why="drill")
            answer = await venue.send(cancel)
            if not isinstance(answer, Acked):
                raise CommandFailed(ExitCode.UNANSWERED, f"the stop could not be cancelled: {answer}")


async def _look(venue: Venue, house: House) -> Snapshot:
    """Engine and watchdog ask from the same address: a venue that counts by the second is asked again."""
    cause = ""
    for _ in range(LOOKS_MAX):
        look = await venue.read_snapshot(ReadSnapshot(asked=0, symbols=(house.symbol,)))
        if isinstance(look, Snapshot):
            return look
        cause = look.cause
        await asyncio.sleep(LOOK_PAUSE_S)
    raise CommandFailed(ExitCode.UNANSWERED, f"the exchange of the drill: {cause}")


def _covering(house: House, look: Snapshot) -> list[OrderView]:
    source = house.config.risk.stop_price_source
    return [
        order
        for order in look.orders
        if any(coverage(position, (order,), source).quantity for position in look.positions)
    ]


async def _closed(house: House, subject: Episode) -> Testimony | None:
    seen = await house.witness.testimony()
    return None if _living(seen, subject) else seen


async def _covered_or_closed(house: House, subject: Episode) -> Testimony | None:
    """After the witness has seen it naked: a cancel takes a moment to be seen."""
    seen = await house.witness.testimony()
    living = _living(seen, subject)
    if living is None:
        return seen
    return seen if living.naked_ms > subject.naked_ms and not living.naked_now else None


def _living(seen: Testimony, subject: Episode) -> Episode | None:
    found = _same(seen, subject)
    return found if found is not None and found.closed_wire_ms is None else None


def _same(seen: Testimony, subject: Episode) -> Episode | None:
    """The episode of the subject, as it stands now."""
    return next((one for one in seen.episodes if one.opened_wire_ms == subject.opened_wire_ms), None)


def _stop_price(seen: Testimony, subject: Episode) -> Decimal:
    """The tightest trigger that rests for it. Raises CommandFailed where the exchange shows none."""
    sells = [
        one.trigger_price
        for one in seen.algos
        if (one.symbol, one.status, one.type, one.side) == (subject.symbol, "NEW", "STOP_MARKET", "SELL")
    ]
    if not sells:
        raise CommandFailed(ExitCode.NOTHING, "the exchange shows no stop of the position")
    return max(sells)


def _seen(
    after: Testimony,
    subject: Episode,
    *,
    took_ms: float,
    told: str,
    wrong: tuple[str, ...] = (),
    allowed_ms: int = 0,
) -> Seen:
    """What the witness counted since the drill began."""
    found = _same(after, subject)
    naked_ms = 0.0 if found is None else found.naked_ms - subject.naked_ms
    lost = ("the witness has lost sight of the position",) if found is None else ()
    liquidated = ("it was liquidated",) if found is not None and found.liquidated else ()
    return Seen(
        naked_ms=round(naked_ms, 1),
        allowed_ms=allowed_ms,
        took_ms=round(took_ms, 1),
        told=told,
        wrong=(*wrong, *lost, *liquidated),
    )
