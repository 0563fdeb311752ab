"""The keeper of a phase, without a venue: what it writes of a turn, and which promotions it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.core.effects import Alert, SaveTrade, TradeEnded
from jackline.core.events import Receipt
from jackline.core.phases import Against, Cause, Parity, PhaseChange, Stage, identity_of
from jackline.core.state import KillLevel, State
from jackline.core.trade import ExitReason
from jackline.core.values import WireMs
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.options import PhaseOptions
from jackline.engine.phase_keeper import PhaseKeeper
from jackline.engine.recorder import Recorder
from jackline.store.batch import AccountKey, JournalKind
from jackline.store.boot import open_store
from jackline.store.commands import Command, CommandKind
from jackline.store.encode import decode
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from jackline.store.signature import Promotion, SigningKey, sign
from tests.core.making import cold_state
from tests.core.test_phases import BOUND, PLAN, ended
from tests.processes import write_config
from tests.store.test_evidence import LIMIT, NEEDS

KEY = SigningKey(secret=bytes(32))
PHASE = PhaseOptions(bound=BOUND, needs=NEEDS, key=KEY)
RECEIPT = Receipt(command_id="c1", position=1)
OPEN = ended(exit_reason=None)
FULL = replace(cold_state(), trades={OPEN.trade_id: OPEN})


async def kept(
    directory: Path,
    act: Callable[[PhaseKeeper], None],
    *,
    phase: PhaseOptions | None = PHASE,
    state: State | None = None,
) -> tuple[list[PhaseChange], str | None]:
    """The changes a keeper wrote while `act` played with it, and the answer to command c1."""
    options = replace(
        load_config(write_config(directory, "http://127.0.0.1:9")).engine_options(), phase=phase
    )
    path, seen, clock = directory / "engine.db", state or cold_state(), TwoClocks(HostWorld())
    with open_store(HostDisk(), path) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        recorder = Recorder(writer, clock)
        keeper = PhaseKeeper(options=options, store=store, recorder=recorder, clock=clock, view=lambda: seen)
        keeper.begin()
        act(keeper)
        assert await writer.close(deadline_ms=5_000) == 0
    with StoreReader(HostDisk(), path) as reader:
        rows = reader.journal_of((JournalKind.PHASE,), after_seq=0)
        answer = reader.answer("c1")
    return [decode(row.body, PhaseChange) for row in rows], None if answer is None else decode(
        answer.result, str
    )


@pytest.mark.owns("K5")
async def test_K5_a_limit_demotes_on_the_event_and_a_trade_is_told_once(tmp_path: Path) -> None:
    late = ended(late_ms=9_000)

    def act(keeper: PhaseKeeper) -> None:
        keeper.feel(cold_state(), (LIMIT,))
        keeper.feel(
            cold_state(), (replace(LIMIT, actor="cli:me"), replace(LIMIT, before=KillLevel.NO_NEW_RISK))
        )
        keeper.feel(cold_state(), (SaveTrade(trade=late, why="test", intent=False),))
        keeper.feel(cold_state(), (TradeEnded(trade=late, reason=ExitReason.STOP),))
        beyond = ended(lost=PLAN.risk_quote * 2, trade_id="jabc0000000002")
        keeper.feel(cold_state(), (TradeEnded(trade=beyond, reason=ExitReason.STOP),))

    found, _ = await kept(tmp_path, act)
    assert [change.cause for change in found] == [Cause.BEGUN, Cause.BREACH, Cause.BREACH, Cause.BREACH]
    assert [change.details[0].split(" ")[0] for change in found[1:]] == ["K5", "P1", "P8"]
    assert all(change.stage is Stage.PAPER for change in found)


async def test_without_options_nothing_is_kept(tmp_path: Path) -> None:
    def act(keeper: PhaseKeeper) -> None:
        keeper.feel(cold_state(), (LIMIT,))
        assert not keeper.is_kept
        assert keeper.denial() is None

    assert await kept(tmp_path, act, phase=None) == ([], None)


def wished(**changes: str) -> Command:
    """A signed wish for testnet; `changes` are made to it after it was signed."""
    identity = identity_of(BOUND)
    wish = Promotion(account="test", before=Stage.PAPER, to=Stage.TESTNET, identity=identity)
    said = {"command_id": "c1", "actor": "me", "reason": "ready"}
    signed = replace(wish, signature=sign(wish, **said, key=KEY))
    command = Command(
        created_ms=WireMs(1),
        kind=CommandKind.PROMOTE,
        symbol=None,
        side=None,
        promotion=signed,
        command_id="c1",
        actor="me",
        reason="ready",
    )
    return replace(command, **changes)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("command", "phase", "state", "said"),
    [
        pytest.param(wished(), PHASE, None, "strategy validated: not proven", id="no evidence"),
        pytest.param(wished(), replace(PHASE, key=None), None, "no signing key is configured", id="no key"),
        pytest.param(wished(actor="you"), PHASE, None, "signature is not of this key", id="another actor"),
        pytest.param(
            wished(reason="other"), PHASE, None, "signature is not of this key", id="another reason"
        ),
        pytest.param(
            wished(),
            replace(PHASE, key=SigningKey(secret=bytes(range(32)))),
            None,
            "not of this key",
            id="other key",
        ),
        pytest.param(
            wished(),
            replace(PHASE, bound={"risk.leverage": "9"}),
            None,
            "signed for another phase",
            id="changed",
        ),
        pytest.param(wished(), PHASE, FULL, "a trade is open", id="not flat"),
    ],
)
async def test_a_promotion_is_refused_and_answered(
    tmp_path: Path, command: Command, phase: PhaseOptions, state: State | None, said: str
) -> None:
    changes, answer = await kept(
        tmp_path, lambda keeper: keeper.promote(command, RECEIPT), phase=phase, state=state
    )
    assert answer is not None
    assert answer.startswith("refused: ")
    assert said in answer
    assert [change.cause for change in changes] == [Cause.BEGUN]


@pytest.mark.parametrize(
    ("kind", "key"), [(JournalKind.LEASE, AccountKey.PHASE), (JournalKind.KILL, AccountKey.FENCE)]
)
async def test_P1_a_record_that_cannot_be_read_is_no_evidence_and_stops_no_start(
    tmp_path: Path, kind: JournalKind, key: AccountKey
) -> None:
    """An engine that did not start for it would protect nothing."""
    await kept(tmp_path, lambda _: None)
    with open_store(HostDisk(), tmp_path / "engine.db") as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        Recorder(writer, TwoClocks(HostWorld())).account(kind, key, "what no program has written")
        assert await writer.close(deadline_ms=5_000) == 0
    changes, _ = await kept(tmp_path, lambda _: None)
    assert len(changes) == 2
    assert changes[-1].stage is Stage.PAPER


@pytest.mark.owns("D4")
@pytest.mark.parametrize(("drift", "told"), [("0.05", 0), ("0.050001", 1)])
async def test_D4_a_parity_beyond_its_bound_is_on_record_and_people_are_told(
    tmp_path: Path, drift: str, told: int
) -> None:
    measured = Parity(
        identity=identity_of(BOUND),
        drift_fraction=Decimal(drift),
        allowed_fraction=Decimal("0.05"),
        turns=40,
        against=Against.BACKTEST,
    )
    command = replace(wished(), kind=CommandKind.PARITY, promotion=None, proof=measured)
    _, answer = await kept(tmp_path, lambda keeper: keeper.note_proof(command, RECEIPT))
    assert answer == "parity is on record"
    with StoreReader(HostDisk(), tmp_path / "engine.db") as reader:
        (row,) = reader.journal_of((JournalKind.PARITY,), after_seq=0)
        alerts = [decode(one.body, Alert) for one in reader.journal_of((JournalKind.ALERT,), after_seq=0)]
    assert decode(row.body, Parity) == measured
    assert [one.code for one in alerts] == ["D4"] * told
    assert all("against the backtest" in one.text for one in alerts)
