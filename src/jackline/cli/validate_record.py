"""The verdict of a validation as evidence of a phase: handed to the engine, which alone writes the journal."""

from __future__ import annotations

from datetime import UTC, datetime

from jackline.cli.config import Config
from jackline.cli.data_named import GENERATED
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.stored import await_answer, engine_holder, read_store, submit
from jackline.core.phases import Validation
from jackline.research.validation.running import Validated
from jackline.store.commands import CommandKind
from jackline.store.evidence import read_standing

REASONS_MAX = 3
"""Of a verdict that is not proven; the report has them all."""


def hand_in(config: Config, found: Validated) -> str:
    """Give the verdict to the engine, now or at its next start, whatever it is; what to tell.

    Raises CommandFailed where it would be none: no engine has ever run, or it ran with other settings.
    """
    if found.candles.environment == GENERATED:
        raise CommandFailed(
            ExitCode.NOTHING,
            "nothing is recorded: generated prices are no evidence (D3). Fix: validate on a market's own",
        )
    standing = read_store(config, read_standing)
    if standing is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{config.state_dir}: no phase is on record. Fix: start the engine once: it begins on paper",
        )
    if standing.identity != found.wanted.identity:
        raise CommandFailed(
            ExitCode.NOTHING,
            "nothing is recorded: the engine last ran with another strategy or risk configuration."
            " Fix: start it once with this file, then validate again",
        )
    proof = validation_of(found)
    command_id = submit(config, CommandKind.VALIDATION, reason="jackline validate --record", proof=proof)
    holder = engine_holder(config)
    if holder is None:
        return "Handed in: the next engine takes it."
    answer = await_answer(config, holder, command_id)
    if answer.startswith("refused"):
        raise CommandFailed(ExitCode.NOTHING, answer)
    return f"{answer.capitalize()}: {found.verdict.title}."


def validation_of(found: Validated) -> Validation:
    """What the journal keeps: on which bars, or why not."""
    reasons = "; ".join(found.verdict.reasons[:REASONS_MAX])
    candles = found.candles
    bars = (
        f"{candles.symbol} {_day(int(candles.open_ms[0]))} to {_day(found.holdout_to_ms)}, data"
        f" {found.data_sha256[:8]}, look {found.measured.looks} at the holdout"
    )
    detail = f"{found.verdict.title} on {bars}" + (f": {reasons}" if reasons else "")
    return Validation(identity=found.wanted.identity, proven=found.verdict.proven, detail=detail)


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d}"
