"""`jackline web`: REST API and dashboard of one account, in the foreground until SIGTERM or Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def web(
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="The engine's own.", show_default=False)
    ],
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="Instead of web.port; 0 chooses one.")
    ] = None,
    ready_json: Annotated[bool, typer.Option("--ready-json", help="Print one JSON line when ready.")] = False,
) -> None:
    """Serve API and dashboard. It reads the store and writes commands; it never speaks to a venue."""
    import asyncio

    from jackline.cli import logs
    from jackline.cli.config import load_config
    from jackline.cli.serving import serve

    logs.configure()
    loaded = load_config(config, {} if port is None else {"web.port": port})
    asyncio.run(serve(loaded, ready=_say if ready_json else None))


def _say(**facts: object) -> None:
    import json

    print(json.dumps(facts), flush=True)
