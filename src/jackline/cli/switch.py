"""`jackline kill`, `reset` and `account-for`: what an operator says about the account as a whole.

Each is a command in the engine's desk, durable before anything else happens. With no engine running it waits there,
and the next engine takes it before it may enter anything; what closes is carried out by the watchdog until then.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.cli.taken import Taken
    from jackline.store.commands import CommandKind


class Raised(StrEnum):
    """Levels above normal (K3). The core's own are not imported before a command runs."""

    NO_NEW_RISK = "no_new_risk"
    FLATTEN = "flatten"
    LOCKED = "locked"


ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in your own words; it is journalled.")]


def kill(
    config: ConfigOption,
    level: Annotated[Raised, typer.Option("--level", help="How much is still allowed; it never falls.")],
    reason: ReasonOption,
    json: JsonOption = False,
) -> None:
    """Raise the kill level. flatten and locked close every position; exit code 0 only when flat is read back."""
    from jackline.cli.config import load_config

    loaded = load_config(config)
    closes = level is not Raised.NO_NEW_RISK
    taken = _raise(loaded, level, reason, closes=closes)
    if taken is None:
        _tell(
            json, level=level, engine=False, text=f"Written: {level} holds from the next start of the engine."
        )
        if closes:
            raise CommandFailed(
                ExitCode.UNANSWERED,
                f"{loaded.state_dir}: no engine runs and no watchdog, so nothing was closed.\n"
                "Fix: close at the venue itself: jackline close-all --direct",
            )
        return
    _tell_taken(loaded, taken, level, closes=closes, json=json)


def _raise(config: "Config", level: Raised, reason: str, *, closes: bool) -> "Taken | None":
    """Who has taken it; None when no engine runs, and no watchdog that would have to close: it waits for the engine."""
    from jackline.cli.stored import engine_holder, submit
    from jackline.cli.taken import await_taken, is_watched
    from jackline.core.state import KillLevel
    from jackline.store.commands import CommandKind

    command_id = submit(config, CommandKind.KILL, reason=reason, level=KillLevel(level.value))
    if engine_holder(config) is None and not (closes and is_watched(config)):
        return None
    return await_taken(config, command_id)


def _tell_taken(config: "Config", taken: "Taken", level: Raised, *, closes: bool, json: bool) -> None:
    """What came of it; exit code 1 where a level that closes has not closed everything in time."""
    from jackline.cli.taken import Taker, is_flat

    by_engine = taken.by is Taker.ENGINE
    flat = is_flat(config, taken) if closes else None
    told = {None: "No new risk.", True: f"Flat, by {taken.by} and venue.", False: "NOT flat yet."}[flat]
    if by_engine:
        _tell(json, level=taken.result, engine=True, text=f"Kill level {taken.result}. {told}", flat=flat)
    else:
        text = f"No engine is heard: the next one starts under {level}. {told}"
        _tell(json, level=level, engine=False, watchdog=True, text=text, flat=flat)
    if flat is False:
        raise typer.Exit(ExitCode.BREACH)


def reset(config: ConfigOption, reason: ReasonOption, json: JsonOption = False) -> None:
    """Reset the kill switch to normal. A daily loss that stands at its limit trips it again."""
    from jackline.cli.config import load_config
    from jackline.store.commands import CommandKind

    answer = _order(load_config(config), CommandKind.RESET, _written(reason))
    if answer is None:
        text = "Written: the switch is reset at the next start of the engine."
    else:
        text = f"Kill level {answer}."
    _tell(json, level=answer, engine=answer is not None, text=text)


def account_for(config: ConfigOption, reason: ReasonOption, json: JsonOption = False) -> None:
    """Account for a change of the wallet that no fill, funding or transfer explains; sizing goes on after it."""
    from jackline.cli.config import load_config
    from jackline.store.commands import CommandKind

    answer = _order(load_config(config), CommandKind.ACCOUNT_FOR, _written(reason))
    text = "Written: the next engine takes it." if answer is None else f"{answer}."
    _tell(json, result=answer, engine=answer is not None, text=text)


def _order(config: "Config", kind: "CommandKind", reason: str) -> str | None:
    """The running engine's durable answer; None when none runs and the command waits for one."""
    from jackline.cli.stored import await_answer, engine_holder, submit

    command_id = submit(config, kind, reason=reason)
    holder = engine_holder(config)
    return None if holder is None else await_answer(config, holder, command_id)


def _written(reason: str) -> str:
    if not reason.strip():
        raise CommandFailed(ExitCode.BAD_INPUT, "--reason: it is empty. Fix: say why; the journal keeps it")
    return reason


def _tell(json: bool, *, text: str, **facts: object) -> None:
    from jackline.cli.views import print_json

    if json:
        print_json(**facts)
    else:
        typer.echo(text)
