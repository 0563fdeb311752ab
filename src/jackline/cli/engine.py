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
    from dataclasses import replace

    from jackline.cli import logs
    from jackline.cli.compose import host_engine, venue_access
    from jackline.cli.config import load_config
    from jackline.cli.holding import account_disk, held_lease
    from jackline.cli.key_check import key_check
    from jackline.cli.old_variables import tell_unread

    logs.configure()
    loaded = load_config(config, {} if rung is None else {"venue.rung": rung}, load_strategy_file=True)
    tell_unread(os.environ, mode=loaded.account.mode, source=loaded.source("account.mode"))
    options = replace(loaded.engine_options(), key_check=key_check(loaded.path))
    held = held_lease(loaded, lease)
    disk = account_disk(loaded, held)
    asyncio.run(host_engine(options, venue_access(loaded), disk=disk, held=held))
