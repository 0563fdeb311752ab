"""`jackline webhook`: alerts from outside, over HTTP on loopback, for bots whose strategy is `webhook`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def webhook(
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="The engine's own.", show_default=False)
    ],
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="On loopback; 0 chooses one.")],
) -> None:
    """Listen for alerts, check them, and hand them to the engine's desk. It never speaks to a venue."""
    import asyncio

    from jackline.cli import logs
    from jackline.cli.config import load_config
    from jackline.cli.listener import listen

    logs.configure()
    asyncio.run(listen(load_config(config), port))
