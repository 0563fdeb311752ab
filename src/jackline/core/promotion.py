"""The verdict on a promotion: every requirement of policy a named check, with what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jackline.core.phases import Against, Evidence, Needs, Stage, Standing, Watched

HOUR_MS = 3_600_000
NAMED_MAX = 3
"""Subjects named in a detail; the journal has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One requirement. `detail`: what was found, with the figure that is needed."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All checks, in the order of policy."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Every one of them; a verdict without checks is none."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is missing, in words."""
        return tuple(f"{check.name}: {check.detail}" for check in self.checks if not check.passed)


def judge(evidence: Evidence, needs: Needs) -> Verdict:
    """Whether this evidence promotes. Pure, and the order of facts does not matter."""
    return Verdict(
        checks=(
            _validated(evidence),
            _traded(evidence, needs),
            _monitored(evidence, needs),
            _read_back(evidence, needs),
            _within_plan(evidence),
            _known(evidence),
            _parity(evidence),
            _drilled(evidence),
            _unbroken(evidence),
        )
    )


def promotion_denial(standing: Standing, to: Stage, evidence: Evidence, needs: Needs) -> tuple[str, ...]:
    """Why this account is not promoted to this phase: nothing skips one, and none is entered without evidence."""
    if to is not standing.stage.after:
        after = standing.stage.after
        return (
            f"the account is in {standing.stage}; " + (f"next is {after}" if after else "nothing follows"),
        )
    return judge(evidence, needs).lacking


def clean_ms(watched: Iterable[Watched]) -> int:
    """Market time that clean spans cover; what two of them cover is counted once."""
    total, reached = 0, 0
    for span in sorted((one for one in watched if not one.trouble), key=lambda one: (one.from_ms, one.to_ms)):
        total += max(0, span.to_ms - max(span.from_ms, reached))
        reached = max(reached, span.to_ms)
    return total


def _validated(evidence: Evidence) -> Check:
    found = evidence.validations
    passed = bool(found) and all(one.proven for one in found)
    worst = sorted(one.detail for one in found if not one.proven)
    detail = f"not proven: {worst[0] if worst else 'jackline validate --record'}"
    return Check(name="strategy validated", passed=passed, detail="proven" if passed else detail)


def _traded(evidence: Evidence, needs: Needs) -> Check:
    count = len({one.trade_id for one in evidence.closed})
    return Check(
        name="closed trades", passed=count >= needs.trades_min, detail=f"{count}, needed {needs.trades_min}"
    )


def _monitored(evidence: Evidence, needs: Needs) -> Check:
    found = clean_ms(evidence.watched)
    detail = f"{found / HOUR_MS:.1f} h clean, needed {needs.monitoring_min_ms / HOUR_MS:.1f} h"
    return Check(name="monitoring", passed=found >= needs.monitoring_min_ms, detail=detail)


def _read_back(evidence: Evidence, needs: Needs) -> Check:
    late = sorted(
        one.trade_id
        for one in evidence.closed
        if one.confirm_ms is None or one.confirm_ms > needs.protect_deadline_ms
    )
    slowest = max((one.confirm_ms or 0 for one in evidence.closed), default=0)
    detail = (
        f"slowest {slowest} ms, allowed {needs.protect_deadline_ms}" if evidence.closed else "no stop yet"
    )
    return Check(
        name="stops read back",
        passed=bool(evidence.closed) and not late,
        detail=f"late or never: {_named(late)}" if late else detail,
    )


def _within_plan(evidence: Evidence) -> Check:
    beyond = sorted(one.trade_id for one in evidence.closed if one.lost_quote > one.allowed_quote)
    detail = (
        f"{len(evidence.closed)} trades within plan and stressed slippage"
        if evidence.closed
        else "no trade yet"
    )
    return Check(
        name="losses within plan",
        passed=bool(evidence.closed) and not beyond,
        detail=f"beyond it: {_named(beyond)}" if beyond else detail,
    )


def _known(evidence: Evidence) -> Check:
    left = sorted(evidence.unknown)
    return Check(name="no unknown order", passed=not left, detail=_named(left) if left else "none is left")


def _parity(evidence: Evidence) -> Check:
    """Every replay of the tape, and the newest backtest where there is one: it looks at the whole run again."""
    found = [one for one in evidence.parities if one.against is Against.TAPE]
    played = [one for one in evidence.parities if one.against is Against.BACKTEST]
    newest = max(played, key=lambda one: (one.last_ms, one.drift_fraction), default=None)
    drift = max((one.drift_fraction for one in found), default=None)
    judged = found if newest is None else [*found, newest]
    passed = bool(found) and all(one.drift_fraction <= one.allowed_fraction for one in judged)
    turns = sum(one.turns for one in found)
    detail = (
        "not measured yet: jackline replay --record"
        if drift is None
        else f"drift {drift:f} of {turns} turns decided again"
    )
    if newest is not None:
        detail += f"; {newest.drift_fraction:f} of {newest.turns} against a backtest"
        detail += f", allowed {newest.allowed_fraction:f}"
    return Check(name="parity", passed=passed, detail=detail)


def _drilled(evidence: Evidence) -> Check:
    passed = sorted(one.drill_id for one in evidence.drills if one.passed)
    failed = sorted({what for one in evidence.drills if not one.passed for what in one.failed})
    detail = f"failed: {_named(failed)}" if failed else "no drill yet: jackline drill kill"
    return Check(
        name="kill-switch drill", passed=bool(passed), detail=f"passed, {passed[0]}" if passed else detail
    )


def _unbroken(evidence: Evidence) -> Check:
    found = sorted(str(one) for one in set(evidence.breaches))
    return Check(name="no breach", passed=not found, detail=_named(found) if found else "none is on record")


def _named(subjects: Sequence[str]) -> str:
    more = len(subjects) - NAMED_MAX
    return ", ".join(subjects[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
