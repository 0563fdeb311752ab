"""`jackline bots` and `jackline signal`: what a person says to one bot of the account.

Each is a command in the engine's desk. A stop or a start waits there for the next engine; a signal does not: what was
wanted last week is not wanted any more.
"""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli import bot_verbs
from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.core.values import Side
    from jackline.store.commands import CommandKind

HELP = {"help_option_names": ["-h", "--help"]}
SIDES = {"long": "long", "buy": "long", "short": "short", "sell": "short"}
"""Words for a side, in small letters. Anything else is refused, never guessed."""

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)

NameArgument = Annotated[
    str, typer.Argument(help="The bot: NAME of [bot.NAME], or main.", show_default=False)
]
WhyOption = Annotated[str, typer.Option("--reason", help="Why, in your own words; it is journalled.")]


@app.callback()
def bots() -> None:
    """The bots of the account: what each has open, and which of them may open more."""


@app.command("list")
def show(config: ConfigOption, json: JsonOption = False) -> None:
    """Show every bot, its strategy and symbols, whether it is stopped, and what it has open."""
    from jackline.cli.bot_rows import bot_rows
    from jackline.cli.config import load_config
    from jackline.cli.page import fitted
    from jackline.cli.views import print_json, show

    loaded = load_config(config)
    rows, managed = bot_rows(loaded), loaded.managed
    trouble = f"{managed.path.name}: {managed.trouble}" if managed.trouble else ""
    if json:
        print_json(bots=rows, trouble=trouble or None)
        return
    show(rows, empty="No bot.", note="A bot that is stopped opens nothing; its stops and exits go on.")
    if trouble:
        print(fitted(f"Bots made over the API are not in force. {trouble}"))


@app.command()
def stop(config: ConfigOption, name: NameArgument, reason: WhyOption = "", json: JsonOption = False) -> None:
    """Let a bot open nothing more. What it has open keeps its stop and its exits; it stays stopped over restarts."""
    from jackline.store.commands import CommandKind

    _switch(config, CommandKind.BOT_STOP, name, reason, json)


@app.command()
def start(config: ConfigOption, name: NameArgument, reason: WhyOption = "", json: JsonOption = False) -> None:
    """Let a bot that was stopped open trades again."""
    from jackline.store.commands import CommandKind

    _switch(config, CommandKind.BOT_START, name, reason, json)


@app.command()
def restart(
    config: ConfigOption, name: NameArgument, reason: WhyOption = "", json: JsonOption = False
) -> None:
    """Let a bot run, stopped or not: it remembers nothing, so there is nothing more to begin anew."""
    from jackline.store.commands import CommandKind

    _switch(config, CommandKind.BOT_RESTART, name, reason, json)


app.command("add")(bot_verbs.add)
app.command("change")(bot_verbs.change)
app.command("remove")(bot_verbs.remove)


def signal(
    config: ConfigOption,
    bot: Annotated[str, typer.Option("--bot", help='A bot whose strategy is "manual".')],
    symbol: Annotated[str, typer.Option("--symbol", help="As the venue writes it.")],
    side: Annotated[str, typer.Option("--side", help="long or short; buy and sell are the same.")],
    confidence: Annotated[
        str | None, typer.Option("--confidence", help="0 to 1, for sizes by signal.", show_default=False)
    ] = None,
    reason: WhyOption = "",
    json: JsonOption = False,
) -> None:
    """Ask for a position by hand. It passes every gate; exit code 0 only when a trade is planned."""
    from jackline.cli.config import load_config

    loaded = load_config(config)
    answer = _signalled(loaded, bot, symbol, _side(side), _confidence(confidence), reason)
    taken = answer.startswith("taken")
    if json:
        from jackline.cli.views import print_json

        print_json(taken=taken, answer=answer)
    else:
        typer.echo(f"{answer}.")
    if not taken:
        raise typer.Exit(ExitCode.NOTHING)


def _signalled(
    config: "Config", bot: str, symbol: str, side: "Side", confidence: Decimal | None, reason: str
) -> str:
    from jackline.cli.stored import await_answer, engine_holder, submit
    from jackline.core.values import Fraction, Symbol
    from jackline.store.commands import CommandKind

    holder = engine_holder(config)
    if holder is None:
        raise CommandFailed(
            ExitCode.UNANSWERED,
            f"{config.state_dir}: no engine runs for account {config.account.name}; nothing was asked.\n"
            "Fix: start it: jackline engine --config FILE",
        )
    command_id = submit(
        config,
        CommandKind.SIGNAL,
        reason=reason or "by hand",
        bot=_known(config, bot),
        symbol=Symbol(symbol),
        side=side,
        confidence=None if confidence is None else Fraction(confidence),
    )
    return await_answer(config, holder, command_id)


def _switch(config_file: ConfigOption, kind: "CommandKind", name: str, reason: str, json: bool) -> None:
    """Post the command and tell the engine's durable answer; None where none runs and the command waits for one."""
    from jackline.cli.config import load_config
    from jackline.cli.stored import await_answer, engine_holder, submit
    from jackline.cli.views import print_json

    config = load_config(config_file)
    command_id = submit(config, kind, reason=reason, bot=_known(config, name))
    holder = engine_holder(config)
    answer = None if holder is None else await_answer(config, holder, command_id)
    if json:
        print_json(bot=name, state=answer, engine=holder is not None)
    else:
        waits = "written; it holds from the next start of the engine"
        typer.echo(f"Bot {name}: {waits if answer is None else answer}.")
    if answer is not None and answer.startswith("refused"):
        raise typer.Exit(ExitCode.BAD_INPUT)


def _known(config: "Config", name: str) -> str:
    names = [one.bot.name for one in config.engine_options().every_bot]
    if name not in names:
        text = f"{name}: no bot of this configuration. Fix: one of {', '.join(names)}"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    return name


def _side(text: str) -> "Side":
    from jackline.core.values import Side

    found = SIDES.get(text.strip().lower())
    if found is None:
        raise CommandFailed(ExitCode.BAD_INPUT, f"--side {text!r}: no side. Fix: long or short")
    return Side(found)


def _confidence(text: str | None) -> Decimal | None:
    if text is None:
        return None
    if not re.fullmatch(r"0(\.[0-9]{1,18})?|1(\.0{1,18})?", text):
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--confidence {text!r}: not a probability. Fix: 0 … 1, e.g. 0.7"
        )
    return Decimal(text)
