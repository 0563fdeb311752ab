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
from jackline.cli.completion import OF, say_candidates
from jackline.cli.errors import explain
from jackline.cli.hardening import forbid_core_dumps
from jackline.cli.page import fitted
from jackline.cli.redaction import filtered


@dataclass(frozen=True, slots=True, kw_only=True)
class Lazy:
    """Where in this package a command lives: ``module:attribute``, a function or a Typer app."""

    target: str
    summary: str


COMMANDS: dict[str, Lazy] = {
    "new": Lazy(target="wizard.command:new", summary="Write a configuration, by a few questions."),
    "doctor": Lazy(
        target="doctor.command:doctor", summary="Check machine, keys, venue and alerts; say what to do."
    ),
    "demo": Lazy(target="demo.command:demo", summary="Watch the promise being kept, crash included."),
    "run": Lazy(target="run:run", summary="Run all of an account, watched over; --demo needs no file."),
    "simulate": Lazy(
        target="simulate:simulate", summary="Break the engine in seeded worlds, before a user does."
    ),
    "soak": Lazy(target="soak.command:soak", summary="Run it for long, and say whether anything grew."),
    "backtest": Lazy(
        target="backtest:backtest", summary="Play a configuration on past candles, with the real engine."
    ),
    "sweep": Lazy(target="sweep:sweep", summary="Try many settings on past candles, and count them."),
    "config": Lazy(target="configuration:app", summary="Check, show and explain the configuration."),
    "plan": Lazy(target="plan:plan", summary="Ask every gate and plan a trade, without a venue."),
    "engine": Lazy(target="engine:engine", summary="Run the engine of one account."),
    "guard": Lazy(target="guard:guard", summary="Protect an account that others trade; enter nothing."),
    "watchdog": Lazy(target="watchdog:watchdog", summary="Run the second pair of eyes beside the engine."),
    "worker": Lazy(target="worker:app", summary="Hold many accounts, beside other workers; list them."),
    "exchange": Lazy(target="exchange:app", summary="Run a local exchange on loopback."),
    "universe": Lazy(
        target="universe:universe", summary="Show which symbols are traded, and why others are not."
    ),
    "status": Lazy(target="status:status", summary="Say in a sentence whether all is protected."),
    "positions": Lazy(target="account:positions", summary="Show what is open and what protects it."),
    "orders": Lazy(target="account:orders", summary="Show the orders that rest at the venue."),
    "close": Lazy(target="position:close", summary="Close one position, by the engine."),
    "stop": Lazy(target="position:stop", summary="Tighten the stop of one position; it never loosens."),
    "close-all": Lazy(target="account:close_all", summary="Close every position of the account."),
    "kill": Lazy(target="switch:kill", summary="Raise the kill level: no new risk, flatten, or locked."),
    "reset": Lazy(target="switch:reset", summary="Reset the kill switch, with a written reason."),
    "stop-lab": Lazy(
        target="stop_lab:stop_lab", summary="Measure what each kind of stop would have cost, on files."
    ),
    "replay": Lazy(target="replay:replay", summary="Decide again what an engine decided, and compare."),
    "parity": Lazy(
        target="parity_run:parity", summary="Play a run again as a backtest: what differs, in bps?"
    ),
    "bots": Lazy(target="bots:app", summary="List the bots of the account, stop or start one."),
    "signal": Lazy(target="bots:signal", summary="Ask for a position by hand, for a manual bot."),
    "webhook": Lazy(target="webhook:webhook", summary="Listen for alerts, for bots that trade them."),
    "web": Lazy(target="web:web", summary="Serve the REST API and the dashboard of one account."),
    "alerts": Lazy(target="notify:app", summary="Send alerts to people, try them out, list them."),
    "trades": Lazy(target="ledger:trades", summary="Show what each trade earned, from the venue's fills."),
    "ledger": Lazy(target="ledger:app", summary="Show what trades and days earned, and check it."),
    "phase": Lazy(target="phase:app", summary="Show what may be risked, with its evidence; promote."),
    "drill": Lazy(target="drill.command:app", summary="Rehearse what must work: kills, cuts, the switch."),
    "events": Lazy(target="journal_events:events", summary="Show the journal, or follow it."),
    "completion": Lazy(
        target="completion:completion", summary="Print what completes words: bash, zsh, fish."
    ),
    "help": Lazy(target="help:help_", summary="Show the page of a command, or the man page of all."),
    "files": Lazy(target="files:app", summary="Show what comes along: examples, units, dashboards."),
    "explain": Lazy(target="explain_code:explain_code", summary="Say what a code means, and what to do."),
    "strategy": Lazy(target="strategy:app", summary="List the strategies, or begin one of your own."),
    "keys": Lazy(target="keyring:app", summary="Keep exchange keys encrypted; list, validate, rotate."),
    "token": Lazy(target="token:app", summary="Make, list and revoke tokens of the API."),
    "audit": Lazy(target="audit:app", summary="Show who changed what, and verify the chain."),
    "proof": Lazy(target="proof:app", summary="Write down what protected each position; verify that."),
    "incident": Lazy(
        target="incident.command:incident", summary="Pack what is known of an incident, redacted."
    ),
    "db": Lazy(target="db:app", summary="Back up, restore, verify and migrate what is on record."),
    "validate": Lazy(
        target="validate:validate", summary="Say whether a strategy may be believed, and why not."
    ),
    "model": Lazy(target="model:app", summary="Check a model bundle, and how far its market has moved."),
    "train": Lazy(target="train:train", summary="Train models on candles, and write a bundle of them."),
    "data": Lazy(target="data:app", summary="Fetch, import and check candles and funding; list the sets."),
    "account-for": Lazy(target="switch:account_for", summary="Account for money that nothing explains."),
}


HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    rich_markup_mode=None,  # plain help: drawing frames would cost more than everything else at start-up
    add_completion=False,  # `completion` does it: Typer's would import what checks values to complete a word
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


def app_command() -> Callable[..., Any]:
    """The list itself, as a command."""
    return typer.main.get_command(app)


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
    forbid_core_dumps()
    sys.stderr = filtered(sys.stderr)
    name, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    try:
        if name == "completion" and rest[:1] == [OF]:
            say_candidates(rest[1:])
        elif name in COMMANDS:
            load(name)(args=rest, prog_name=f"jackline {name}")
        else:
            app(prog_name="jackline")
    except Exception as error:
        if os.environ.get("JACKLINE_TRACEBACK"):
            raise
        text, code = explain(error)
        print(fitted(text), file=sys.stderr)
        sys.exit(code)
