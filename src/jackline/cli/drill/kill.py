"""`jackline drill kill`: rehearse the kill switch on a running paper engine, with a position open.

no_new_risk → flatten, with a stop at the venue until flat → flat read back → reset with the reason. The engine journals
how it ended, as evidence for a promotion; what does not hold leaves the switch where it is.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.core.phases import DrillNote
    from jackline.core.state import KillLevel
    from jackline.store.commands import CommandKind

READS_MAX = 60
"""Looks at the venue until it is flat, half a second each or slower."""
FLAT_READS = 2
"""One flat read may be a moment between two fills."""
NOTE_S = 5.0
POLL_S = 0.1


def kill(
    config: ConfigOption,
    reason: Annotated[str, typer.Option("--reason", help="Why now; it is journalled.")] = "rehearsal",
    json: JsonOption = False,
) -> None:
    """Raise the kill switch, flatten, verify flat with stops until then, and reset. Closes every position!"""
    import uuid

    from jackline.cli.config import load_config
    from jackline.cli.views import print_json
    from jackline.core.state import KillLevel
    from jackline.store.commands import CommandKind

    loaded = load_config(config)
    _check(loaded)
    drill_id = uuid.uuid4().hex[:12]
    _say(f"drill {drill_id}: no new risk")
    _order(loaded, CommandKind.KILL, f"drill {drill_id}", KillLevel.NO_NEW_RISK)
    _say(f"drill {drill_id}: flatten")
    _order(loaded, CommandKind.KILL, f"drill {drill_id}", KillLevel.FLATTEN)
    trouble = _until_flat(loaded)
    if trouble is not None:
        raise CommandFailed(
            ExitCode.BREACH,
            f"The drill failed: {trouble}. The switch stays at flatten.\n"
            "Fix: jackline close-all --direct, find out why, then jackline reset",
        )
    _say(f"drill {drill_id}: flat, a stop rested until then; reset")
    _order(loaded, CommandKind.RESET, f"drill {drill_id}: {reason}", None)
    note = _noted(loaded, drill_id)
    if json:
        print_json(drill=drill_id, passed=note.passed, positions=note.positions, failed=list(note.failed))
    else:
        failed = "; ".join(note.failed)
        typer.echo(f"Drill {drill_id} passed." if note.passed else f"Drill {drill_id} failed: {failed}.")
    if not note.passed:
        raise typer.Exit(ExitCode.BREACH)


def _check(config: "Config") -> None:
    """A running engine, a switch at normal, and something to close."""
    from jackline.cli.direct import read_account
    from jackline.cli.drill.paper import refuse_beyond_paper
    from jackline.cli.stored import engine_holder, read_store
    from jackline.core.state import KillLevel
    from jackline.store.batch import AccountKey

    refuse_beyond_paper(config)
    if engine_holder(config) is None:
        raise CommandFailed(
            ExitCode.UNANSWERED, f"{config.state_dir}: no engine runs, so nothing is rehearsed. Fix: start it"
        )
    level = read_store(config, lambda store: store.load_account().get(AccountKey.KILL_LEVEL.value))
    if level not in {None, KillLevel.NORMAL.value}:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"kill level is {level}, for a reason. Fix: settle it, then jackline reset"
        )
    if not read_account(config, every_symbol=False).positions:
        raise CommandFailed(
            ExitCode.NOTHING,
            "Nothing is open, and flattening nothing proves nothing. Fix: wait for a trade, or open a "
            "position by hand at the local exchange",
        )


def _order(config: "Config", kind: "CommandKind", reason: str, level: "KillLevel | None") -> None:
    """Give an order to the running engine and wait for its durable answer."""
    from jackline.cli.stored import await_answer, engine_holder, submit

    command_id = submit(config, kind, reason=reason, level=level)
    holder = engine_holder(config)
    if holder is None:
        raise CommandFailed(
            ExitCode.UNANSWERED,
            f"the engine ended during the drill; {reason} waits for the next one.\n"
            "Fix: start it, then jackline reset",
        )
    await_answer(config, holder, command_id)


def _until_flat(config: "Config") -> str | None:
    """Look at the venue until it is flat: None then, or what did not hold on the way.

    Positions and orders are two answers of the venue: naked is what is naked at two looks in a row (K3).
    """
    from jackline.cli.direct import read_account
    from jackline.cli.stored import await_flat
    from jackline.cli.views import positions_at_venue

    flat, naked = 0, 0
    for _ in range(READS_MAX):
        snapshot = read_account(config, every_symbol=False)
        states = [row.state for row in positions_at_venue(snapshot, config.risk.stop_price_source)]
        flat = 0 if states else flat + 1
        naked = naked + 1 if "NAKED" in states else 0
        if naked >= FLAT_READS:
            return "a position stood without a stop before it was flat"
        if flat >= FLAT_READS:
            return None if await_flat(config) else "the engine's records still show a position"
    return "the venue still shows a position"


def _noted(config: "Config", drill_id: str) -> "DrillNote":
    """How the engine journalled it."""
    import time

    from jackline.cli.stored import read_store
    from jackline.core.phases import DrillNote
    from jackline.store.batch import JournalKind
    from jackline.store.encode import decode

    deadline = time.monotonic() + NOTE_S
    while time.monotonic() < deadline:
        rows = read_store(config, lambda store: store.journal_of((JournalKind.DRILL,), after_seq=0))
        for row in rows:
            note = decode(row.body, DrillNote)
            if note.drill_id == drill_id:
                return note
        time.sleep(POLL_S)
    raise CommandFailed(
        ExitCode.UNANSWERED, f"drill {drill_id}: the engine has not journalled how it ended.\nFix: try again"
    )


def _say(text: str) -> None:
    typer.echo(text, err=True)
