"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How it stands. `SKIP`: it could not be asked, for what a line above says."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line. `fix` is empty where there is nothing to do."""

    check: str
    grade: Grade
    seen: str
    fix: str = ""


def ok(check: str, seen: str) -> Finding:
    """As it should be."""
    return Finding(check=check, grade=Grade.OK, seen=seen)


def warn(check: str, seen: str, fix: str) -> Finding:
    """It works, and is to be looked at."""
    return Finding(check=check, grade=Grade.WARN, seen=seen, fix=fix)


def fail(check: str, seen: str, fix: str) -> Finding:
    """Nothing should be entered, or started, before this is mended."""
    return Finding(check=check, grade=Grade.FAIL, seen=seen, fix=fix)


def skip(check: str, seen: str) -> Finding:
    """Nobody could be asked."""
    return Finding(check=check, grade=Grade.SKIP, seen=seen)


def exit_code(findings: Iterable[Finding]) -> int:
    """0: all is well; 1: something is to be looked at; 2: something is to be mended."""
    grades = {one.grade for one in findings}
    return 2 if Grade.FAIL in grades else 1 if Grade.WARN in grades else 0
