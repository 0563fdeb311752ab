"""`jackline bots add|change|remove`: bots beside those of the configuration file, by the hand that the API has too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.bot_hands import BotsOfAccount
    from jackline.cli.config import Config
    from jackline.store.tokens import By
    from jackline.web.hands import BotsRefused

T = TypeVar("T")

NameArgument = Annotated[str, typer.Argument(help="NAME of the bot.", show_default=False)]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="A key of [bot.NAME], e.g. budget_fraction=0.2; again for more."
    ),
]
UnsetOption = Annotated[
    list[str] | None, typer.Option("--unset", metavar="KEY", help="Take a key out; again for more.")
]
WhyOption = Annotated[str, typer.Option("--reason", help="Why, in your own words; it is audited.")]


def add(
    config: ConfigOption,
    name: NameArgument,
    strategy: Annotated[str, typer.Option("--strategy", help="A built-in strategy, manual or webhook.")],
    symbols: Annotated[str, typer.Option("--symbols", help="Names of venue.symbols, with commas between.")],
    given: SetOption = None,
    reason: WhyOption = "",
    json: JsonOption = False,
) -> None:
    """Make a bot beside those of the file. The engine begins again with it; the evidence for a phase begins anew."""
    table = {**_settings(given), "strategy": strategy, "symbols": [one.strip() for one in symbols.split(",")]}
    _done(config, name, "made", reason, json, lambda hands, by: hands.add(name, table, by=by))


def change(
    config: ConfigOption,
    name: NameArgument,
    given: SetOption = None,
    taken: UnsetOption = None,
    reason: WhyOption = "",
    json: JsonOption = False,
) -> None:
    """Change a bot that was made here or over the API."""
    changes: dict[str, object | None] = {**_settings(given), **dict.fromkeys(taken or ())}
    if not changes:
        raise CommandFailed(ExitCode.BAD_INPUT, "nothing to change. Fix: --set KEY=VALUE, or --unset KEY")
    _done(
        config, name, "changed", reason, json, lambda hands, by: hands.change(name, changes, etag="*", by=by)
    )


def remove(
    config: ConfigOption,
    name: NameArgument,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave what it has open to its stop and the exits of its plan.")
    ] = False,
    reason: WhyOption = "",
    json: JsonOption = False,
) -> None:
    """Remove a bot that was made here or over the API. What it has open stays protected until it is flat."""

    def work(hands: BotsOfAccount, by: By) -> None:
        held = hands.holds(name)
        if held and not keep:
            fix = "--keep leaves that to its stop and the exits of its plan; jackline close closes it"
            text = f"bot {name} has {', '.join(held)} open; nothing was changed. Fix: {fix}"
            raise CommandFailed(ExitCode.NOTHING, text)
        hands.remove(name, etag=None, by=by)

    _done(config, name, "removed", reason, json, work)


def _done(
    file: ConfigOption, name: str, what: str, reason: str, json: bool, work: Callable[[BotsOfAccount, By], T]
) -> None:
    from jackline.cli.bot_hands import BotsOfAccount
    from jackline.cli.config import load_config
    from jackline.cli.keyring_acts import by, tell
    from jackline.web.hands import BotsRefused

    config = load_config(file)
    hands = BotsOfAccount(config)
    try:
        work(hands, by(reason))
    except BotsRefused as refused:
        raise _failed(refused) from refused
    answer = _taken_up(config, reason)
    waits = "it holds from the next start of the engine"
    tell(json, f"Bot {name} {what}; {answer or waits}.", bot=name, done=what, engine=answer)


def _taken_up(config: Config, reason: str) -> str | None:
    """What the engine answers; None where none runs, whose next start reads the file anyway."""
    from jackline.cli.stored import await_answer, engine_holder, submit
    from jackline.store.commands import CommandKind

    holder = engine_holder(config)
    if holder is None:
        return None
    return await_answer(config, holder, submit(config, CommandKind.RELOAD, reason=reason))


def _failed(refused: BotsRefused) -> CommandFailed:
    """In the words of a configuration: key, what is wrong, fix."""
    from jackline.cli.page import fitted

    told = [f"{one['where']}: {one['what']}. Fix: {one['fix']}" for one in refused.errors]
    head = "C1: the configuration would not hold with it" if told else str(refused)
    code = ExitCode.STORE_DAMAGED if refused.code == "unavailable" else ExitCode.BAD_INPUT
    return CommandFailed(code, "\n".join(map(fitted, [f"{head}; nothing was changed.", *told])))


def _settings(given: list[str] | None) -> dict[str, object]:
    """`KEY=VALUE`, the value as TOML reads it; `parameters.KEY=VALUE` goes to the strategy's own."""
    from jackline.cli.tree import put, toml_value

    found: dict[str, object] = {}
    for text in given or ():
        key, is_there, value = text.partition("=")
        if not is_there:
            raise CommandFailed(ExitCode.BAD_INPUT, f"--set {text!r}: no value. Fix: --set KEY=VALUE")
        put(found, {}, tuple(key.strip().split(".")), toml_value(value.strip()), "command line")
    return found
