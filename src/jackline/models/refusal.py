"""Why a bundle is refused, and what each look at it found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check of a bundle found. `fix` is empty where it holds."""

    check: str
    detail: str
    fix: str = ""

    @property
    def holds(self) -> bool:
        """Nothing is wrong here."""
        return not self.fix


class BundleRefused(Exception):
    """The bundle gives no model: which check it failed, what is wrong, and the fix (M1)."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(f"M1: {verdict.check}: {verdict.detail}. Fix: {verdict.fix}")


def refused(check: str, detail: str, fix: str) -> BundleRefused:
    """To be raised."""
    return BundleRefused(Verdict(check=check, detail=detail, fix=fix))
