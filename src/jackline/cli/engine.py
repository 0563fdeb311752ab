"""`jackline engine`: the engine of one account, in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.holding_option import LeaseOption


def engine(
    config: Annotated[Path, typer.Option(help="Configuration file (TOML).", show_default=False)],
    rung: Annotated[str | None, typer.Option(help="Force a rung where the canary allows it.")] = None,
    lease: LeaseOption = None,
) -> None:
    """Run the engine of one account. Stopping it leaves every stop at the venue."""
    import asyncio
    import os
    import time

    from jackline.cli import logs
    from jackline.cli.compose import host_engine, venue_access
    from jackline.cli.config import load_config
    from jackline.cli.holding import account_disk, held_lease
    from jackline.cli.old_variables import tell_unread
    from jackline.cli.taking_up import TakingUp

    logs.configure()
    began_ms = time.time_ns() // 1_000_000
    overrides = {} if rung is None else {"venue.rung": rung}
    loaded = load_config(config, overrides, load_strategy_file=True)
    tell_unread(os.environ, mode=loaded.account.mode, source=loaded.source("account.mode"))
    taking_up, held = TakingUp(loaded, overrides), held_lease(loaded, lease)
    options, disk = taking_up.options(loaded, began_ms), account_disk(loaded, held)
    asyncio.run(host_engine(options, venue_access(loaded), taking_up.again, disk=disk, held=held))
