"""`jackline guard`: protect whatever is open on an account and enter nothing, until SIGTERM or Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def guard(
    config: Annotated[Path, typer.Option(help="Configuration file (TOML).", show_default=False)],
) -> None:
    """Adopt every position of an account and keep a stop resting for it; enter nothing, touch no order of others."""
    import asyncio
    import os
    from dataclasses import replace

    from jackline.cli import logs
    from jackline.cli.compose import host_engine, venue_access
    from jackline.cli.config import load_config
    from jackline.cli.disks import disk_of
    from jackline.cli.key_check import key_check
    from jackline.cli.old_variables import tell_unread

    logs.configure()
    loaded = load_config(config, guards_only=True)
    tell_unread(os.environ, mode=loaded.account.mode, source=loaded.source("account.mode"))
    options = replace(loaded.guard_options(), key_check=key_check(loaded.path))
    asyncio.run(host_engine(options, venue_access(loaded), disk=disk_of(loaded)))
