"""Small worlds searched whole: every order, every crash point, every lost message within the bounds of a space.

The figures stand in docs/small-worlds.md. A change of the engine changes them: draw the page anew, and look at what
grew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from jackline.core import closing, deciding, entering, recovering, slots
from jackline.core.events import Now, Signalled
from jackline.core.machine import Phase
from jackline.core.outcomes import Outcome, Unknown
from jackline.core.plan import Rung
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from tests.core.exhaustive_judge import Breach
from tests.core.exhaustive_page import SPACES, TARGET, Space, row
from tests.core.exhaustive_search import ON_THE_PATH, Search, explore
from tests.core.exhaustive_world import Budget, Key, World, first_world

QUICK = [space for space in SPACES if not space.long]
LONG = [space for space in SPACES if space.long]
STORM, GAP = QUICK[0].budget, QUICK[1].budget
ORDERS, LOSSES = Budget(any_order=True), Budget(any_order=True, losses=1)


def named(space: Space) -> str:
    return space.name.replace(" ", "_")


@pytest.mark.owns("P1", "P3", "P4", "P5", "P6", "O1", "O4")
@pytest.mark.parametrize("rung", list(Rung))
@pytest.mark.parametrize("space", QUICK, ids=named)
def test_P1_every_schedule_of_a_small_world_keeps_the_promise(space: Space, rung: Rung) -> None:
    assert row(space, rung, explore(rung, space.budget)) in TARGET.read_text(encoding="utf-8"), (
        "run: python -m tests.core.exhaustive_page"
    )


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.owns("P1", "P3", "P4", "P5", "P6", "O1", "O4")
@pytest.mark.parametrize("rung", list(Rung))
@pytest.mark.parametrize("space", LONG, ids=named)
def test_P1_every_schedule_of_a_larger_world_keeps_the_promise(space: Space, rung: Rung) -> None:
    assert row(space, rung, explore(rung, space.budget)) in TARGET.read_text(encoding="utf-8"), (
        "run: python -m tests.core.exhaustive_page"
    )


# -- the search itself ---------------------------------------------------------------------------------------


class Suspicious(Search):
    """Before a world is taken for a known one, compare what may follow each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.followers: dict[Key, list[Key]] = {}
        self.compared = 0

    def advance(self) -> None:
        last = self.path[-1]
        found = next(last.moves, None)
        if found is None:
            self.leave(last)
            return
        last.move, world = found
        key, after = world.key(), [follower.key() for _, follower in world.moves()]
        if key in self.followers:
            assert sorted(map(hash, after)) == sorted(map(hash, self.followers[key])), (
                "a name told too little"
            )
            self.compared += 1
            return
        assert self.ways.get(key) != ON_THE_PATH
        self.followers[key] = after
        self.enter(world, key)


@pytest.mark.parametrize(
    "budget",
    [
        Budget(losses=1, any_order=True),
        Budget(crashes=1),
        Budget(delays=1, stalls=1),
    ],
    ids=["losses", "crash", "held up"],
)
def test_equal_names_have_equal_futures(budget: Budget) -> None:
    search = Suspicious()
    search.run(first_world(Rung.STOP_FIRST, budget))
    assert search.compared > 30


def test_the_search_counts_orders_as_walking_them_does() -> None:
    """Without merging: each schedule walked to its end, one by one."""

    def ways(world: World) -> int:
        followers = [after for _, after in world.moves()]
        return sum(map(ways, followers)) if followers else 1

    budget = Budget(losses=1)
    walked = ways(first_world(Rung.STOP_FIRST, budget))
    assert walked == explore(Rung.STOP_FIRST, budget).orders > 10


# -- proof that it can fail ----------------------------------------------------------------------------------


def entering_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recovered entry is sent from its recovered intent."""
    kept = recovering._recover_trade

    def recovered(trade: Trade, now: Now, *, fence: int) -> Trade:
        after, slot = kept(trade, now, fence=fence), trade.entry_slot
        if trade.phase in {Phase.ARMING, Phase.ENTERING} and slot is not None:
            fresh = replace(slot, sent_ms=None)
            return replace(after, phase=Phase.ARMING, recovered=False, entry_slot=fresh)
        return after

    monkeypatch.setattr(recovering, "_recover_trade", recovered)


def intent_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry leaves while its intent is being written."""
    kept = deciding.on_signal

    def signalled(turn: Turn, event: Signalled) -> None:
        kept(turn, event)
        for trade in list(turn.trades.values()):
            entering.on_intent_durable(turn, trade)

    monkeypatch.setattr(deciding, "on_signal", signalled)


def stop_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop whose answer was lost is taken for a working one, without a read-back."""
    kept = slots.after_outcome

    def believed(turn: Turn, slot: OrderSlot, outcome: Outcome) -> OrderSlot:
        after = kept(turn, slot, outcome)
        return replace(after, state=SlotState.WORKING) if isinstance(outcome, Unknown) else after

    monkeypatch.setattr(slots, "after_outcome", believed)


def never_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A close that is wanted is not sent."""

    def idle(turn: Turn, trade: Trade) -> Trade:
        return turn.put(trade)

    monkeypatch.setattr(closing, "drive", idle)


@pytest.mark.parametrize(
    ("broken", "budget", "code"),
    [
        (entering_again, STORM, "O1"),
        (intent_not_awaited, ORDERS, "O4"),
        (stop_believed, LOSSES, "P1"),
        (never_closing, GAP, "P1"),
    ],
)
def test_a_broken_rule_is_found(
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    budget: Budget,
    code: str,
) -> None:
    broken(monkeypatch)
    with pytest.raises(Breach) as found:
        explore(Rung.STOP_FIRST, budget)
    assert found.value.code == code
    assert "deliver write" in "".join(found.value.__notes__), "the moves that led to it are told"
