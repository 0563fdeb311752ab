"""`jackline trades`, `jackline ledger trades|days|check`: what the ledger says, and whether the venue says the same.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from jackline.cli.config import Config
    from jackline.core.values import Price, Symbol
    from jackline.store.ledger import LedgerEntry
    from jackline.store.reconcile import Reconciled
    from jackline.store.statements import Statement

HELP = {"help_option_names": ["-h", "--help"]}
MarkOption = Annotated[
    bool, typer.Option("--direct", help="Ask the venue for marks: open trades show what is unrealised.")
]

BOOKING_S = 10.0
"""A running engine reads the trade list on each fill, and the income listing within a minute at the latest."""
POLL_S = 0.5

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def ledger() -> None:
    """What money did, from the venue's fills, fees and funding; never from a plan."""


@app.command("trades")
def trades(config: ConfigOption, direct: MarkOption = False, json: JsonOption = False) -> None:
    """Show what each trade earned: entries, exits, fees, funding and what is left of it."""
    from jackline.cli import statement_views as views
    from jackline.cli.config import load_config
    from jackline.cli.views import print_json

    loaded = load_config(config)
    marks = _marks(loaded) if direct else {}
    stated = _statement(loaded)
    rows = [
        trade.at(marks[trade.symbol]) if trade.symbol in marks and trade.open_quantity else trade
        for trade in stated.trades
    ]
    if json:
        print_json(
            trades=[views.trade_facts(one) for one in rows],
            unattributed=views.sum_facts(stated.unattributed),
            whole=views.sum_facts(stated.whole),
        )
    else:
        views.show_trades(rows, stated)


@app.command("days")
def days(config: ConfigOption, json: JsonOption = False) -> None:
    """Show what each UTC day earned, deposits and withdrawals apart."""
    from jackline.cli import statement_views as views
    from jackline.cli.config import load_config
    from jackline.cli.views import print_json

    stated = _statement(load_config(config))
    if json:
        print_json(days=[views.day_facts(one) for one in stated.days], whole=views.sum_facts(stated.whole))
    else:
        views.show_days(stated.days)


@app.command("check")
def check(config: ConfigOption, json: JsonOption = False) -> None:
    """Compare the ledger with the venue's own listings, reading only. Exit code 1 when they differ."""
    from jackline.cli import statement_views as views
    from jackline.cli.config import load_config
    from jackline.cli.listings import read_listings
    from jackline.cli.views import print_json
    from jackline.store.ledger import EntryKind
    from jackline.store.reconcile import reconcile

    loaded = load_config(config)
    before = _entries(loaded)
    opened_ms = min((entry.wire_ms for entry in before if entry.kind is EntryKind.OPENING), default=0)
    symbols = dict.fromkeys([*loaded.symbols, *sorted({one.symbol for one in before if one.symbol})])
    listings = read_listings(loaded, symbols, from_ms=opened_ms)
    compared, running = _settled(
        loaded, lambda: reconcile(before, listings, _entries(loaded), opened_ms=opened_ms)
    )
    if json:
        print_json(**views.reconciled_facts(compared))
    else:
        views.show_reconciled(compared, running=running)
    if not compared.agrees:
        raise typer.Exit(ExitCode.BREACH)


def _settled(config: "Config", compare: "Callable[[], Reconciled]") -> "tuple[Reconciled, bool]":
    """The comparison, and whether an engine runs: what the venue has just listed it books within seconds."""
    import time

    from jackline.cli.stored import engine_holder

    compared, running = compare(), engine_holder(config) is not None
    deadline = time.monotonic() + BOOKING_S
    while running and not compared.agrees and time.monotonic() < deadline:
        time.sleep(POLL_S)
        compared = compare()
    return compared, running


def _entries(config: "Config") -> "tuple[LedgerEntry, ...]":
    from jackline.cli.stored import read_store

    return read_store(config, lambda store: store.ledger_entries())


def _statement(config: "Config") -> "Statement":
    from jackline.cli.stored import read_store
    from jackline.store.statements import statement

    return read_store(config, lambda store: statement(store.ledger_entries(), store.every_trade()))


def _marks(config: "Config") -> "dict[Symbol, Price]":
    """Of the symbols with an open position, as the venue says."""
    from jackline.cli.direct import read_account

    snapshot = read_account(config, every_symbol=False)
    return {position.symbol: position.mark for position in snapshot.positions}
