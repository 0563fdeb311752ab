"""`jackline kill`, `reset` and `account-for`: what an operator says about the account as a whole.

Each is a command in the engine's desk, durable before anything else happens. With no engine running it waits there,
and the next engine takes it before it may enter anything.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
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
    from jackline.store.commands import CommandKind

    loaded = load_config(config)
    answer = _order(loaded, CommandKind.KILL, reason, level=level)
    closes = level is not Raised.NO_NEW_RISK
    if answer is None:
        _tell(
            json, level=level, engine=False, text=f"Written: {level} holds from the next start of the engine."
        )
        if closes:
            raise CommandFailed(
                ExitCode.UNANSWERED,
                f"{loaded.state_dir}: no engine runs, so nothing was closed.\n"
                "Fix: close at the venue itself: jackline close-all --direct",
            )
        return
    flat = _is_flat(loaded) if closes else None
    told = {None: "No new risk.", True: "Flat, by engine and venue.", False: "NOT flat yet."}[flat]
    _tell(json, level=answer, engine=True, text=f"Kill level {answer}. {told}", flat=flat)
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


def _order(config: "Config", kind: "CommandKind", reason: str, level: Raised | None = None) -> str | None:
    """The running engine's durable answer; None when none runs and the command waits for one."""
    from jackline.cli.stored import await_answer, engine_holder, submit
    from jackline.core.state import KillLevel

    command_id = submit(config, kind, reason=reason, level=None if level is None else KillLevel(level.value))
    holder = engine_holder(config)
    return None if holder is None else await_answer(config, holder, command_id)


def _written(reason: str) -> str:
    if not reason.strip():
        raise CommandFailed(ExitCode.BAD_INPUT, "--reason: it is empty. Fix: say why; the journal keeps it")
    return reason


def _is_flat(config: "Config") -> bool:
    """The engine's records first, then the venue, which has the last word (K3)."""
    from jackline.cli.direct import read_account
    from jackline.cli.stored import await_flat

    return await_flat(config) and not read_account(config, every_symbol=False).positions


def _tell(json: bool, *, text: str, **facts: object) -> None:
    from jackline.cli.views import print_json

    if json:
        print_json(**facts)
    else:
        typer.echo(text)
