"""`jackline close` and `jackline stop`: what a person wants of one position, by the engine that holds it.

Both only reduce. Each is a command in the engine's desk; with no engine nothing is written, because a wish about a
position must not wait for an engine that may come back in a week.
"""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption, YesOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.core.values import Price, Side, Symbol
    from jackline.store.lease import Holder

SymbolOption = Annotated[str, typer.Option("--symbol", metavar="SYMBOL", help="As the venue spells it.")]


def close(
    config: ConfigOption,
    symbol: SymbolOption,
    side: Annotated[str, typer.Option("--side", help="long or short; both where it is not said.")] = "",
    json: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Close one position by the engine; exit code 0 only when it is flat, by engine and venue."""
    from jackline.cli.closed_by_engine import close_position
    from jackline.cli.config import load_config
    from jackline.cli.views import print_json
    from jackline.core.values import Symbol

    loaded, wanted = load_config(config), _side(side) if side else None
    holder = _engine(loaded)
    if not yes:
        _confirm(f"Close {symbol} {side or 'on both sides'} of account {loaded.account.name}?")
    named = Symbol(symbol)
    _check_known(loaded, named)
    flat = close_position(loaded, holder, named, wanted, lambda said: typer.echo(said, err=True))
    if json:
        print_json(symbol=symbol, side=wanted, flat=flat)
    else:
        told = "is flat, by engine and venue." if flat else "is NOT flat yet. Fix: close-all --direct"
        typer.echo(f"{symbol} {told}")
    if not flat:
        raise typer.Exit(ExitCode.BREACH)


def stop(
    config: ConfigOption,
    symbol: SymbolOption,
    side: Annotated[str, typer.Option("--side", help="Side of the position: long or short.")],
    price: Annotated[
        str, typer.Option("--price", metavar="PRICE", help="Where the stop is to stand, or tighter.")
    ] = "",
    break_even: Annotated[
        bool, typer.Option("--break-even", help="At the entry price and what a round trip costs.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Tighten the stop of one position; it never moves further away. Exit code 0 when it is read back there."""
    from jackline.cli.config import load_config
    from jackline.cli.stored import await_answer, submit
    from jackline.cli.views import print_json
    from jackline.core.values import Symbol
    from jackline.store.asked import Said, read_answer
    from jackline.store.commands import CommandKind
    from jackline.store.order_wishes import TightenWish

    if bool(price) == break_even:
        raise CommandFailed(ExitCode.BAD_INPUT, "Fix: give one of --price PRICE and --break-even")
    wish = TightenWish(symbol=Symbol(symbol), side=_side(side), price=None if break_even else _price(price))
    loaded = load_config(config)
    holder = _engine(loaded)
    command_id = submit(loaded, CommandKind.TIGHTEN, reason="stop on the command line", wish=wish)
    answer = read_answer(await_answer(loaded, holder, command_id))
    done = answer.said in {Said.ACTIVE, Said.KEPT}
    if json:
        print_json(symbol=symbol, side=wish.side, answer=answer)
    elif answer.said is Said.ACTIVE and answer.trigger_price is not None:
        typer.echo(f"The stop of {symbol} {wish.side} rests at {answer.trigger_price:f}, read back.")
    else:
        typer.echo(f"{answer.said}: {answer.text}")
    if not done:
        raise typer.Exit(ExitCode.BAD_INPUT if answer.said is Said.REFUSED else ExitCode.NOTHING)


def _check_known(config: "Config", symbol: "Symbol") -> None:
    """A symbol that is neither traded nor open, by record and by venue, is a slip of the pen. Where one of them does
    not answer nothing is refused: a close goes on (K2)."""
    from jackline.cli.direct import read_account
    from jackline.cli.stored import live_trades
    from jackline.store import published
    from jackline.store.host_disk import HostDisk

    shown = published.read(HostDisk(), config.state_dir)
    traded = {*config.symbols, *(row.symbol for row in (() if shown is None else shown.account.markets))}
    if symbol in traded:
        return
    try:
        opened = {one.symbol for one in live_trades(config)}
        opened |= {one.symbol for one in read_account(config, every_symbol=False).positions}
    except CommandFailed:
        return
    if symbol not in opened:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"--symbol {symbol}: neither traded here nor open; nothing was asked.\n"
            "Fix: as `jackline positions` spells what is open",
        )


def _engine(config: "Config") -> "Holder":
    from jackline.cli.stored import engine_holder

    holder = engine_holder(config)
    if holder is None:
        raise CommandFailed(
            ExitCode.UNANSWERED,
            f"{config.state_dir}: no engine runs for account {config.account.name}; nothing was asked.\n"
            "Fix: start it: jackline engine --config FILE; or close at the venue: jackline close-all --direct",
        )
    return holder


def _confirm(question: str) -> None:
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo(err=True)  # the answer never ended its line
        agreed = False
    if not agreed:
        raise CommandFailed(ExitCode.NOTHING, "Nothing was sent. Fix: answer y, or give --yes")


def _side(text: str) -> "Side":
    from jackline.core.values import Side

    try:
        return Side(text.strip().lower())
    except ValueError:
        fix = f"--side {text!r}: no side of a position. Fix: long or short"
        raise CommandFailed(ExitCode.BAD_INPUT, fix) from None


def _price(text: str) -> "Price":
    from jackline.core.values import Price

    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price <= 0:
        fix = f"--price {text!r}: not a price. Fix: a number above 0, e.g. 49000"
        raise CommandFailed(ExitCode.BAD_INPUT, fix)
    return Price(price)
