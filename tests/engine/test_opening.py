"""Canaries: how often one sings, and what a proof is worth."""

from __future__ import annotations

import pytest

from jackline.core.ids import Role
from jackline.engine import opening
from jackline.world.acts import Kind
from tests.cases.play import Play, play


@pytest.mark.owns("C4")
def test_C4_a_proof_that_has_expired_is_proven_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PROOF_MS_MAX", 10_000)
    monkeypatch.setattr(opening, "EXPIRY_POLL_S", 4.0)

    async def script(world: Play) -> None:
        await world.ready()
        await world.until(lambda: len(world.asked(Role.CANARY)) >= 2, "a second canary", 30.0)

    assert play(script, side=None).breaches == []


@pytest.mark.owns("C4", "K2")
def test_C4_wishes_for_a_canary_that_proves_nothing_do_not_add_up() -> None:
    """Each change of leverage wishes for one; refused for the mode, it comes again after pauses that double."""

    async def script(world: Play) -> None:
        await world.ready()
        world.do(Kind.SETS_MODE, lasts_s=120.0)
        for wish in range(6):
            world.do(Kind.SETS_LEVERAGE, lasts_s=0.5, size=wish / 10)
            await world.passes(1.0)
        before = len(world.asked(Role.CANARY))
        await world.passes(90.0)
        assert len(world.asked(Role.CANARY)) - before <= 5

    assert play(script, cooldown_ms=0).breaches == []
