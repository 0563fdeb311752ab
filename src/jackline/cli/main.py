"""`jackline`: the list of commands. A command's module is imported when the command runs, not before."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer

from jackline import __version__
from jackline.cli.errors import explain
from jackline.cli.page import fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Lazy:
    """Where in this package a command lives: ``module:attribute``, a function or a Typer app."""

    target: str
    summary: str


COMMANDS: dict[str, Lazy] = {
    "demo": Lazy(target="demo.command:demo", summary="Watch the promise being kept, crash included."),
    "simulate": Lazy(
        target="simulate:simulate", summary="Break the engine in seeded worlds, before a user does."
    ),
    "config": Lazy(target="configuration:app", summary="Check, show and explain the configuration."),
    "plan": Lazy(target="plan:plan", summary="Ask every gate and plan a trade, without a venue."),
    "engine": Lazy(target="engine:engine", summary="Run the engine of one account."),
    "guard": Lazy(target="guard:guard", summary="Protect an account that others trade; enter nothing."),
    "watchdog": Lazy(target="watchdog:watchdog", summary="Run the second pair of eyes beside the engine."),
    "exchange": Lazy(target="exchange:app", summary="Run a local exchange on loopback."),
    "universe": Lazy(
        target="universe:universe", summary="Show which symbols are traded, and why others are not."
    ),
    "positions": Lazy(target="account:positions", summary="Show what is open and what protects it."),
    "orders": Lazy(target="account:orders", summary="Show the orders that rest at the venue."),
    "close": Lazy(target="position:close", summary="Close one position, by the engine."),
    "stop": Lazy(target="position:stop", summary="Tighten the stop of one position; it never loosens."),
    "close-all": Lazy(target="account:close_all", summary="Close every position of the account."),
    "kill": Lazy(target="switch:kill", summary="Raise the kill level: no new risk, flatten, or locked."),
    "reset": Lazy(target="switch:reset", summary="Reset the kill switch, with a written reason."),
    "replay": Lazy(target="replay:replay", summary="Decide again what an engine decided, and compare."),
    "bots": Lazy(target="bots:app", summary="List the bots of the account, stop or start one."),
    "signal": Lazy(target="bots:signal", summary="Ask for a position by hand, for a manual bot."),
    "webhook": Lazy(target="webhook:webhook", summary="Listen for alerts, for bots that trade them."),
    "trades": Lazy(target="ledger:trades", summary="Show what each trade earned, from the venue's fills."),
    "ledger": Lazy(target="ledger:app", summary="Show what trades and days earned, and check it."),
    "phase": Lazy(target="phase:app", summary="Show what may be risked, with its evidence; promote."),
    "drill": Lazy(target="drill:app", summary="Rehearse the kill switch on a running engine."),
    "strategy": Lazy(target="strategy:app", summary="List the strategies, or begin one of your own."),
    "account-for": Lazy(target="switch:account_for", summary="Account for money that nothing explains."),
}


HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    rich_markup_mode=None,  # plain help: drawing frames would cost more than everything else at start-up
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # `main` says what went wrong, on one screen
    context_settings=HELP,
)


@app.callback()
def jackline() -> None:
    """A trading engine for leveraged perpetuals: a stop always rests at the exchange."""


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _listed(name: str, lazy: Lazy) -> Callable[[], None]:
    """The entry of a command in the list. `main` hands over to the command itself before this could run."""

    def stub() -> None:
        raise typer.BadParameter(f"write: jackline {name} ...")

    stub.__doc__ = lazy.summary
    return stub


for _name, _lazy in COMMANDS.items():
    app.command(_name)(_listed(_name, _lazy))


def load(name: str) -> Callable[..., Any]:
    """The command itself, with its options; called with `args` and `prog_name`."""
    module, _, attribute = COMMANDS[name].target.partition(":")
    found = getattr(import_module(f"jackline.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(
            rich_markup_mode=None,
            add_completion=False,
            pretty_exceptions_enable=False,
            context_settings=HELP,
        )
        alone.command(name)(found)
        found = alone
    return typer.main.get_command(found)


def main() -> None:
    """Run a command. What it raises becomes a text on standard error and an exit code, never a traceback."""
    name, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    try:
        if name in COMMANDS:
            load(name)(args=rest, prog_name=f"jackline {name}")
        else:
            app(prog_name="jackline")
    except Exception as error:
        if os.environ.get("JACKLINE_TRACEBACK"):
            raise
        text, code = explain(error)
        print(fitted(text), file=sys.stderr)
        sys.exit(code)
