"""Drills are for paper: nobody rehearses with what real money hangs on."""

from __future__ import annotations

from jackline.cli.config import Config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.stored import read_store
from jackline.core.phases import Stage
from jackline.store.boot import ENGINE_FILE
from jackline.store.evidence import read_standing
from jackline.venue.transport.endpoint import VenueMode


def refuse_beyond_paper(config: Config) -> None:
    """Raises CommandFailed for an account that has left paper, by its mode or by its phase."""
    there = (config.state_dir / ENGINE_FILE).exists()
    standing = read_store(config, read_standing) if there else None
    beyond = standing is not None and standing.stage not in {Stage.BACKTEST, Stage.PAPER}
    if config.mode is not VenueMode.PAPER or beyond:
        stage = standing.stage if standing is not None else config.mode
        text = f"the account is in {stage}: drills are for paper. Fix: a paper account with the same settings"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
