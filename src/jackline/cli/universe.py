"""`jackline universe`: who would be traded now, who is out, and why. It asks the venue and changes nothing.

Only what reads the command line is imported here: the rest comes when the command runs.
"""

from typing import TYPE_CHECKING

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.core.universe import Universe


def universe(config: ConfigOption, json: JsonOption = False) -> None:
    """Show which symbols pass the filters of [universe], and why the others do not."""
    from jackline.cli import views
    from jackline.cli.config import load_config

    loaded = load_config(config)
    found = _ask(loaded)
    running = _recorded(loaded)
    if json:
        views.print_json(
            chosen_by=loaded.universe.chosen_by,
            members=list(found.members),
            excluded=[
                {"symbol": out.symbol, "reason": out.reason.value, "detail": out.detail}
                for out in found.excluded
            ],
            traded=list(running),
        )
        return
    for symbol in found.members:
        typer.echo(f"in   {symbol}")
    for out in found.excluded:
        typer.echo(f"out  {out.symbol:<16} {out.reason.value}: {out.detail}")
    typer.echo(f"{len(found.members)} in, {len(found.excluded)} out, by {loaded.universe.chosen_by}")
    if running and set(running) != set(found.members):
        typer.echo(f"The engine's records still say {len(running)}: it asks anew every universe.refresh_ms")


def _recorded(config: "Config") -> tuple[str, ...]:
    """What an engine traded last by its records; empty where it never chose."""
    from jackline.engine.universe import recorded_universe
    from jackline.store.boot import ENGINE_FILE
    from jackline.store.host_disk import HostDisk

    if not (config.state_dir / ENGINE_FILE).exists():
        return ()
    return recorded_universe(HostDisk(), config.state_dir)


def _ask(config: "Config") -> "Universe":
    """The universe by the venue's word; what is named, where symbols are chosen by name."""
    import asyncio

    from jackline.core.universe import Universe

    if config.universe.chosen_by == "name":
        return Universe(members=config.symbols, excluded=())
    found = asyncio.run(_by_filter(config))
    if isinstance(found, str):
        raise CommandFailed(
            ExitCode.UNANSWERED,
            f"{config.venue.url}: the listings cannot be read: {found}\n"
            "Fix: try again. An engine that runs goes on with the symbols it has.",
        )
    return found


async def _by_filter(config: "Config") -> "Universe | str":
    from jackline.cli.direct import connected
    from jackline.core.universe import UniverseRules
    from jackline.engine.clock import TwoClocks
    from jackline.engine.host import HostWorld
    from jackline.engine.universe import ask_universe, unfit_of

    options = config.engine_options()
    async with connected(config) as venue:
        instruments = await venue.read_instruments(None)
        if not isinstance(instruments, dict):
            return str(instruments)
        return await ask_universe(
            venue,
            options.universe or UniverseRules(),
            named=options.symbols,
            unfit=unfit_of(options, instruments),
            now_ms=TwoClocks(HostWorld()).now().wire_ms,
        )
