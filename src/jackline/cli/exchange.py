"""`jackline exchange`: the local exchange as a process of its own."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli import exchange_options as opt
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.exchange.wire.launch import Ready
    from jackline.exchange.wire.markets import MirrorSpec

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def exchange() -> None:
    """The local exchange, for demo, paper and tests. Loopback only."""


@app.command()
def serve(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 lets the system choose.")] = 0,
    data: Annotated[list[Path] | None, typer.Option(help="Candle file to replay; repeatable.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol of a --data file whose name lacks it.")] = None,
    generate: Annotated[
        str, typer.Option(help="Symbols to generate without --data, by comma.")
    ] = "BTCUSDT,ETHUSDT",
    bars: Annotated[int, typer.Option(min=1, help="Bars to generate.")] = 576,
    interval_ms: Annotated[int, typer.Option(min=20, help="Length of a generated bar.")] = 300_000,
    start: opt.Start = None,
    end: Annotated[str | None, typer.Option("--to", help="Replay to: UTC time or epoch ms.")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="Market seconds per wall second.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the generator.")] = 1,
    balance: Annotated[str, typer.Option(help="Starting balance in USDT.")] = "10000",
    hedge: Annotated[bool, typer.Option(help="Start in hedge mode.")] = False,
    key: Annotated[str, typer.Option(help="API key of the account.")] = "local",
    secret_file: opt.SecretFile = None,
    stop_while_flat: opt.StopWhileFlat = "accept",
    faults: opt.Faults = None,
    fill_parts: Annotated[int, typer.Option(min=1, max=20, help="Trades per market fill.")] = 1,
    tls_dir: opt.TlsDir = None,
    hold: Annotated[bool, typer.Option(help="Start with market time standing still.")] = False,
    wire: Annotated[str, typer.Option(help="Whose clients it is for: binance or bingx.")] = "binance",
    accounts: opt.Accounts = None,
    wire_speed: opt.WireSpeed = 1.0,
    mirror: opt.Mirror = None,
    mirror_symbols: Annotated[str, typer.Option(help="Symbols to mirror, by comma.")] = "BTCUSDT,ETHUSDT",
    mirror_url: opt.MirrorUrl = None,
    mirror_every_ms: opt.MirrorEveryMs = 1_000,
    mirror_silent_ms: opt.MirrorSilentMs = 10_000,
    ready_json: Annotated[bool, typer.Option(help="Print one JSON line when ready.")] = False,
) -> None:
    """Serve a local exchange until interrupted."""
    from jackline.exchange.wire import launch

    mirrored = _mirror(
        mirror, mirror_symbols, mirror_url, every_ms=mirror_every_ms, silent_ms=mirror_silent_ms
    )
    options = launch.LaunchOptions(
        port=port,
        data=tuple(data or ()),
        symbol=symbol,
        symbols=tuple(generate.upper().split(",")),
        bars=bars,
        interval_ms=interval_ms,
        start=start,
        end=end,
        speed=speed,
        seed=seed,
        faults=faults,
        balance=balance,
        hedge=hedge,
        key=key,
        secret_file=secret_file,
        stop_while_flat=stop_while_flat,
        fill_parts=fill_parts,
        hold=hold,
        tls_dir=tls_dir,
        wire=wire,
        accounts=accounts,
        wire_speed=wire_speed,
        mirror=mirrored,
    )
    try:
        launch.launch(options, ready=lambda told: _say(told, as_json=ready_json))
    except ValueError as error:
        raise CommandFailed(ExitCode.BAD_INPUT, str(error)) from error


def _mirror(
    venue: str | None, symbols: str, url: str | None, *, every_ms: int, silent_ms: int
) -> "MirrorSpec | None":
    if venue is None:
        return None
    from jackline.cli.mirror import open_source
    from jackline.exchange.wire.markets import MirrorSpec

    try:
        source = open_source(venue, symbols.upper().split(","), url=url)
    except ValueError as error:
        raise CommandFailed(ExitCode.BAD_INPUT, str(error)) from error

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    return MirrorSpec(source=source, every_ms=every_ms, silent_ms=silent_ms, say=say)


def _say(told: "Ready", *, as_json: bool) -> None:
    """Where the exchange listens: one line, for a person or a parent process."""
    facts = {
        "port": told.port,
        "tls_port": told.tls_port,
        "pid": told.pid,
        "market_start_ms": told.market_start_ms,
        "market_end_ms": told.market_end_ms,
    }
    plain = f"local exchange on http://127.0.0.1:{told.port}, pid {told.pid}"
    if told.tls_port is not None:
        plain += f"; TLS for production addresses on port {told.tls_port}"
    print(json.dumps(facts) if as_json else plain, flush=True)
