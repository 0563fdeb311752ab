"""`jackline exchange`: the local exchange as a process of its own."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The local exchange, for demo, paper and tests. Loopback only.")


@app.callback()
def exchange() -> None:
    """The local exchange, for demo, paper and tests. Loopback only."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 lets the system choose.")] = 0,
    data: Annotated[
        list[Path] | None, typer.Option(help="Candle file to replay; repeat for more symbols.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol of a single --data file.")] = None,
    generate: Annotated[
        str, typer.Option(help="Symbols to generate without --data, by comma.")
    ] = "BTCUSDT,ETHUSDT",
    bars: Annotated[int, typer.Option(min=1, help="Bars to generate.")] = 576,
    interval_ms: Annotated[int, typer.Option(help="Length of a generated bar.")] = 300_000,
    start: Annotated[
        str | None, typer.Option("--from", help="Start of the replay: UTC ISO time or epoch ms.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the replay.")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="Market time per wall time.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the generator and of seeded paths.")] = 1,
    balance: Annotated[str, typer.Option(help="Starting balance in USDT.")] = "10000",
    hedge: Annotated[bool, typer.Option(help="Start in hedge mode.")] = False,
    key: Annotated[str, typer.Option(help="API key of the account.")] = "local",
    secret_file: Annotated[
        Path | None,
        typer.Option(help="File with the API secret; without one the secret equals the key (play money)."),
    ] = None,
    stop_while_flat: Annotated[
        str, typer.Option(help="accept or refuse reducing stops while flat.")
    ] = "accept",
    fill_parts: Annotated[int, typer.Option(min=1, max=20, help="Trades per market fill.")] = 1,
    hold: Annotated[bool, typer.Option(help="Start with market time standing still.")] = False,
    ready_json: Annotated[bool, typer.Option(help="Print one JSON line when ready.")] = False,
) -> None:
    """Serve a local exchange until interrupted."""
    import asyncio  # everything below is heavy or needed only here: `--help` must stay quick
    import json
    import os
    import signal
    import time
    from decimal import Decimal, InvalidOperation

    from jackline.exchange.account import AccountSpec
    from jackline.exchange.feeds.generator import GeneratedFeed
    from jackline.exchange.feeds.replay import open_replay
    from jackline.exchange.ports import Feed
    from jackline.exchange.state import Rules
    from jackline.exchange.values import StopWhileFlat
    from jackline.exchange.wire.server import PortError, ServeConfig
    from jackline.exchange.wire.server import serve as run_server

    async def main(config: ServeConfig) -> None:
        running = asyncio.current_task()
        if running is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
        await run_server(config, ready=ready)

    def ready(bound_port: int) -> None:
        if ready_json:
            facts = {"port": bound_port, "pid": os.getpid()}
            print(
                json.dumps(facts | {"market_start_ms": feed.start_ms, "market_end_ms": feed.end_ms}),
                flush=True,
            )
        else:
            print(f"local exchange on http://127.0.0.1:{bound_port}, pid {os.getpid()}", flush=True)

    try:
        feed: Feed
        if data:
            feed = open_replay(
                data,
                now_ms=int(time.time() * 1_000),
                from_ms=_time_ms(start),
                to_ms=_time_ms(end),
                symbol=symbol,
                seed=seed,
            )
        else:
            feed = GeneratedFeed(generate.upper().split(","), seed, interval_ms, bars=bars)
        secret = key if secret_file is None else secret_file.read_text(encoding="utf-8").strip()
        config = ServeConfig(
            port=port,
            feed=feed,
            accounts=(
                AccountSpec(name="main", key=key, secret=secret, balance=Decimal(balance), hedge=hedge),
            ),
            ratio=speed,
            held=hold,
            rules=Rules(stop_while_flat=StopWhileFlat(stop_while_flat), fill_parts=fill_parts),
        )
        asyncio.run(main(config))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
    except InvalidOperation:
        _fail(f"--balance {balance!r} is not a number. Fix: e.g. --balance 10000")
    except (PortError, ValueError, OSError) as error:
        _fail(str(error))


def _time_ms(text: str | None) -> int | None:
    """Epoch milliseconds of a UTC ISO time or of a number of milliseconds. Raises ValueError."""
    from datetime import UTC, datetime

    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    parsed = datetime.fromisoformat(text)
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1_000)


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(code=2)
