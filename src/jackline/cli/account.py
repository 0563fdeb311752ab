"""`jackline positions`, `orders` and `close-all`.

Without `--direct` they ask the engine's store; with it the venue itself, and need neither engine nor store.
Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.cli.flatten import Flattened

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="Configuration file (TOML).")
]
DirectOption = Annotated[bool, typer.Option("--direct", help="Ask the venue, without engine or store.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def positions(config: ConfigOption, direct: DirectOption = False, json: JsonOption = False) -> None:
    """Show what is open and what protects it."""
    from jackline.cli import views
    from jackline.cli.config import load_config

    loaded = load_config(config)
    if direct:
        from jackline.cli.direct import read_account

        snapshot = read_account(loaded, every_symbol=False)
        rows = views.positions_at_venue(snapshot, loaded.risk.stop_price_source)
    else:
        from jackline.cli.stored import live_trades

        rows = views.positions_in_store(live_trades(loaded))
    if json:
        views.print_json(source=_source(direct), engine=_engine(loaded), positions=rows)
    else:
        views.show(rows, empty="No open position.", note=_note(loaded, direct=direct))


def orders(config: ConfigOption, direct: DirectOption = False, json: JsonOption = False) -> None:
    """Show the orders that rest at the venue, plain and conditional."""
    from jackline.cli import views
    from jackline.cli.config import load_config

    loaded = load_config(config)
    if direct:
        from jackline.cli.direct import read_account
        from jackline.core.ids import account_tag

        snapshot = read_account(loaded, every_symbol=True)
        tag = account_tag(loaded.account.name)
        rows = views.orders_at_venue(snapshot, loaded.risk.stop_price_source, tag)
    else:
        from jackline.cli.stored import live_trades

        rows = views.orders_in_store(live_trades(loaded))
    if json:
        views.print_json(source=_source(direct), engine=_engine(loaded), orders=rows)
    else:
        views.show(rows, empty="No resting order.", note=_note(loaded, direct=direct))


def close_all(
    config: ConfigOption, direct: DirectOption = False, json: JsonOption = False, yes: YesOption = False
) -> None:
    """Close every position of the account; exit code 0 only when it is flat.

    By the engine, or by the watchdog while no engine runs.
    With --direct: reduce-only orders to the venue, flat read back twice, then our own leftovers removed.
    """
    from jackline.cli.config import load_config

    loaded = load_config(config)
    if not yes:
        _ask(loaded)
    if direct:
        from jackline.cli.direct import flatten_account

        _tell_flattened(flatten_account(loaded, _say), json=json)
        return
    from jackline.cli.taken import close_everything
    from jackline.cli.views import print_json

    taker, flat = close_everything(loaded, _say)
    if json:
        print_json(source=taker, flat=flat)
    else:
        typer.echo(f"Flat, by {taker} and venue." if flat else "NOT flat yet. Fix: close-all --direct")
    if not flat:
        raise typer.Exit(ExitCode.BREACH)


def _tell_flattened(done: "Flattened", *, json: bool) -> None:
    """Report, and exit with 1 unless flat was verified."""
    from jackline.cli import views

    if json:
        views.print_json(
            source="venue",
            flat=done.flat,
            closed=[
                {"symbol": gone.symbol, "side": gone.side, "quantity": gone.quantity} for gone in done.closed
            ],
            still_open=[
                {"symbol": left.symbol, "side": left.side, "quantity": left.quantity}
                for left in done.still_open
            ],
            orders_removed=[order.key.client_id for order in done.removed],
            orders_left=[order.key.client_id for order in done.left],
            foreign_orders=[order.key.client_id for order in done.foreign],
        )
    else:
        for gone in done.closed:
            typer.echo(f"closed   {gone.symbol} {gone.side} {gone.quantity:f}")
        for order in done.removed:
            typer.echo(f"removed  {order.key.symbol} {order.kind} {order.key.client_id}")
        for order in done.left:
            typer.echo(f"left     {order.key.symbol} {order.kind} {order.key.client_id}")
        for order in done.foreign:
            typer.echo(f"foreign  {order.key.symbol} {order.kind} {order.key.client_id}: not touched")
        for left in done.still_open:
            typer.echo(f"OPEN     {left.symbol} {left.side} {left.quantity:f}")
        typer.echo("Flat, read back twice." if done.flat else "NOT verified flat; what rests, stays.")
    if not done.flat:
        raise typer.Exit(ExitCode.BREACH)


def _ask(config: "Config") -> None:
    question = f"Close every position of account {config.account.name} at {config.venue.url}?"
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo(err=True)  # the answer never ended its line
        agreed = False
    if not agreed:
        raise CommandFailed(ExitCode.NOTHING, "Nothing was sent. Fix: answer y, or give --yes")


def _say(text: str) -> None:
    """Progress goes to standard error: standard output is the result."""
    typer.echo(text, err=True)


def _source(direct: bool) -> str:
    return "venue" if direct else "store"


def _engine(config: "Config") -> dict[str, object]:
    from jackline.store.host_disk import HostDisk
    from jackline.store.lease import is_held

    holder = is_held(HostDisk(), config.state_dir)
    return {"running": holder is not None, "pid": holder.pid if holder else None}


def _note(config: "Config", *, direct: bool) -> str:
    if direct:
        return f"As the venue says, {config.venue.url}."
    pid = _engine(config)["pid"]
    if pid is None:
        return "As the engine last wrote it down. NO ENGINE RUNS: ask the venue with --direct."
    return f"As engine {pid} wrote it down."
