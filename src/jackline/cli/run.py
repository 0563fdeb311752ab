"""`jackline run`: everything of one account on this machine, watched over, until SIGTERM or Ctrl-C."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class MarketChoice(StrEnum):
    """What a local exchange of ours serves, where none answers yet at the configured address."""

    GENERATED = "generated"
    LIVE = "live"
    NONE = "none"


def run(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Configuration file (TOML).", show_default=False),
    ] = None,
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Play money and a market of its own; no file is needed.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Of the dashboard, instead of web.port; 0 chooses.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make an admin token and write it here, chmod 600.")
    ] = None,
    market: Annotated[
        MarketChoice,
        typer.Option(help="Paper: what the local exchange serves; live mirrors public prices."),
    ] = MarketChoice.GENERATED,
    data: Annotated[
        Path | None, typer.Option(help="Demo: a candle file to replay in the place of a generated market.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=1.0, max=5_000.0, help="Demo: market seconds per wall second.")
    ] = 60.0,
    seed: Annotated[int, typer.Option(help="Demo: seed of the generated market.")] = 7,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--dir", metavar="DIR", help="Demo: keep its files here; without it they go when it ends."
        ),
    ] = None,
) -> None:
    """Run exchange (demo, paper), engine, watchdog and web; what dies is started again. Stopping cancels no stop."""
    import asyncio

    from jackline.cli import logs
    from jackline.cli.errors import CommandFailed, ExitCode
    from jackline.cli.running import DemoWishes, run_configured, run_demo

    logs.configure()
    if demo == (config is not None):
        text = (
            "give a configuration file, or --demo. Fix: jackline run -c jackline.toml, or jackline run --demo"
        )
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    if demo:
        wishes = DemoWishes(data=data, speed=speed, seed=seed, directory=directory)
        asyncio.run(run_demo(wishes, port=port, token_file=token_file))
    elif config is not None:
        asyncio.run(run_configured(config, market=market.value, port=port, token_file=token_file))
