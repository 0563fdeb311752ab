"""`jackline watchdog`: the second pair of eyes on an account, in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.holding_option import LeaseOption


def watchdog(
    config: Annotated[
        Path, typer.Option(help="Configuration file (TOML), the engine's own.", show_default=False)
    ],
    lease: LeaseOption = None,
) -> None:
    """Watch an account beside its engine: add stops and close what cannot be covered when the engine does not."""
    import asyncio

    from jackline.cli import logs
    from jackline.cli.compose import host_watchdog, venue_access
    from jackline.cli.config import load_config
    from jackline.cli.deadman import pinged
    from jackline.cli.holding import account_disk, held_lease

    logs.configure()
    loaded = load_config(config)
    held = held_lease(loaded, lease)
    asyncio.run(
        host_watchdog(
            loaded.engine_options(),
            venue_access(loaded),
            pinged(loaded),
            disk=account_disk(loaded, held),
            held=held,
        )
    )
