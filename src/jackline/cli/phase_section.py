"""The keys of `[phase]`: how much evidence a promotion needs. Policy's are the least; they can be raised."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field

from jackline.cli.keys import FILE_BYTES_MAX
from jackline.cli.private_file import others_may
from jackline.cli.problems import Problem
from jackline.cli.redaction import hold
from jackline.cli.section import Section
from jackline.cli.section_types import DAY_MS, KeyFile, Whole
from jackline.core.phases import MONITORING_MIN_MS, TRADES_MIN, Needs
from jackline.store.signature import KEY_BYTES, SigningKey

HEX = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES},}}")


class PhaseSection(Section):
    """`[phase]`: see docs/phases.md. `key_file` is relative to the configuration file."""

    trades_min: Whole = Field(
        TRADES_MIN, ge=TRADES_MIN, le=10_000, description="closed trades of a phase before the next"
    )
    monitoring_min_ms: Whole = Field(
        MONITORING_MIN_MS,
        ge=MONITORING_MIN_MS,
        le=90 * DAY_MS,
        description="market time that is clean",
    )
    parity_nightly: Literal["off", "on"] = Field(
        "off", description="play the run again as a backtest after each midnight UTC"
    )
    key_file: KeyFile | None = Field(
        None, description="signs promotions, chmod 600, made by jackline phase key"
    )


def needs(section: PhaseSection, *, protect_deadline_ms: int) -> Needs:
    """The section as the core's; the deadline is the promise's own."""
    return Needs(
        trades_min=section.trades_min,
        monitoring_min_ms=section.monitoring_min_ms,
        protect_deadline_ms=protect_deadline_ms,
    )


def read_signing_key(path: Path) -> SigningKey | Problem:
    """The key of the file, or what is wrong with it. What is in the file is never shown (S1)."""
    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            found = tomllib.loads(file.read(FILE_BYTES_MAX).decode())
    except OSError as error:
        fix = f"make one: jackline phase key {path}"
        return _problem(path, f"cannot be read: {error.strerror}", fix)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return _problem(path, "not TOML", f"make another one: jackline phase key {path}")
    if others_may(path, mode):
        what = f"S1: its mode {stat.S_IMODE(mode):04o} lets others read it"
        return _problem(path, what, f"chmod 600 {path}")
    text = found.get("key")
    if set(found) != {"key"} or not isinstance(text, str) or not HEX.fullmatch(text) or len(text) % 2:
        what = f"it must hold key, at least {2 * KEY_BYTES} hexadecimal digits, and nothing else"
        return _problem(path, what, "make another one: jackline phase key FILE")
    hold(text, bytes.fromhex(text))
    return SigningKey(secret=bytes.fromhex(text))


def _problem(path: Path, what: str, fix: str) -> Problem:
    return Problem(key="phase.key_file", value=str(path), source="file", what=what, fix=fix)
