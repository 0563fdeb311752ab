"""`jackline replay`: decide again what an engine has decided, and say whether today's code decides the same (D4).

Reads the tape and the journal beside it; changes nothing. Only what reads the command line is imported here: the rest
comes when the command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from jackline.cli.replay_page import Outcome
    from jackline.engine.replay import Settings

SHOWN = 3
"""Differences on one screen; --json has more of them."""


def replay(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration file (TOML).")
    ] = None,
    state_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The state directory itself, of any engine.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Begin there: 2025-10-10T08:00, UTC.")
    ] = None,
    with_config: Annotated[
        bool, typer.Option("--with-config", help="Decide with the settings of the file, not of the tape.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Hand the verdict to the engine: evidence of the phase.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Replay the tape of an engine: does today's code decide the same?

    With --record the verdict becomes evidence of the account's phase, whatever it is.
    Exit code 0: it does. 1: it does not, and the first differences are shown. 6: a part cannot be read.
    """
    from jackline.cli.replay_page import as_json, as_text, play
    from jackline.store.host_disk import HostDisk

    if record and (config is None or begin is not None or with_config):
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "--record is for the whole tape of an account, as it was decided. Fix: give --config FILE alone",
        )
    where, settings = _chosen(config, state_dir, with_config=with_config)
    outcome = play(HostDisk(), where, begin=_time(begin), settings=settings, say=_say)
    if outcome.report.segments == 0:
        raise CommandFailed(
            ExitCode.NOTHING,
            f"{where}: no tape is kept here. Fix: name the state directory of an engine that ran with"
            " account.tape_mib_max above 0",
        )
    typer.echo(as_json(outcome) if json else as_text(outcome, shown=SHOWN))
    if record and config is not None:
        from jackline.cli.parity import hand_in

        _say(hand_in(config, outcome))
    code = _code(outcome, asked_otherwise=with_config)
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


def _chosen(
    config: Path | None, state_dir: Path | None, *, with_config: bool
) -> "tuple[Path, Settings | None]":
    """Where the tape is, and the settings to decide with; None takes those on the tape."""
    if (config is None) == (state_dir is None):
        raise CommandFailed(
            ExitCode.BAD_INPUT, "Where is the tape? Fix: give --config FILE or --state-dir DIR"
        )
    if config is None or state_dir is not None:
        if with_config:
            raise CommandFailed(ExitCode.BAD_INPUT, "--with-config needs the file. Fix: give --config FILE")
        if state_dir is None or not state_dir.is_dir():
            raise CommandFailed(
                ExitCode.BAD_INPUT,
                f"{state_dir}: no such directory. Fix: see account.state_dir of the engine",
            )
        return state_dir, None
    from jackline.cli.config import load_config

    loaded = load_config(config)
    settings = (loaded.risk_settings(), loaded.protection_settings()) if with_config else None
    return loaded.state_dir, settings


def _time(text: str | None) -> "datetime | None":
    """A moment in UTC."""
    if text is None:
        return None
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--from {text}: no time. Fix: write it as 2025-10-10T08:00, in UTC"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _code(outcome: "Outcome", *, asked_otherwise: bool) -> ExitCode:
    """With other settings a difference is what was asked for."""
    if outcome.differs and not asked_otherwise:
        return ExitCode.BREACH
    return ExitCode.STORE_DAMAGED if outcome.report.damage else ExitCode.DONE


def _say(text: str) -> None:
    """Progress goes to standard error: standard output is the result."""
    typer.echo(text, err=True)
