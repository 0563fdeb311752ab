"""`jackline watchdog`: the second pair of eyes on an account, in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def watchdog(
    config: Annotated[
        Path, typer.Option(help="Configuration file (TOML), the engine's own.", show_default=False)
    ],
) -> None:
    """Watch an account beside its engine: add stops and close what cannot be covered when the engine does not."""
    import asyncio

    from jackline.cli import logs
    from jackline.cli.compose import host_watchdog, venue_access
    from jackline.cli.config import load_config
    from jackline.cli.deadman import pinged
    from jackline.cli.disks import disk_of

    logs.configure()
    loaded = load_config(config)
    asyncio.run(
        host_watchdog(loaded.engine_options(), venue_access(loaded), pinged(loaded), disk=disk_of(loaded))
    )
