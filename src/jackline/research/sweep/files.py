"""What a sweep leaves: its results as Parquet, and a manifest that says what they are results of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import (
    DRAWDOWN,
    ENDED,
    EQUITY,
    HELD,
    HELD_TOO_LONG,
    NET,
    OPEN,
    STOPPED,
    TARGETS,
    TRADES,
    WINS,
    WORST,
)
from jackline.research.sweep.points import NAMES, fraction_of
from jackline.research.sweep.run import Measure, measured
from jackline.research.sweep.runs import Results

RESULTS, DAILY, MANIFEST, PAGE = "results.parquet", "daily.parquet", "sweep.json", "sweep.html"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepManifest:
    """What the results are results of.

    Attributes:
        data_sha256: of the bars; `rules_sha256`: of every source that was compiled in.
        trials: settings of this sweep; `trials_before`: on record for these bars before it.
        swept: names with more than one value, and how many.
        fixed: the value of every other name.
        settings_sha256: as the ledger of trials knows this sweep.
        results_sha256: of the file of results.
    """

    format: int = FORMAT
    symbol: str
    interval_ms: int
    from_ms: int
    to_ms: int
    bars: int
    tick: str
    data_sha256: str
    rules_sha256: str
    strategy: str
    trials: int
    trials_before: int
    method: str
    seed: int | None
    swept: Mapping[str, int]
    fixed: Mapping[str, str]
    costs: Mapping[str, str]
    settings_sha256: str = ""
    results_sha256: str = ""
    jackline: str = ""


def frame_of(results: Results) -> pl.DataFrame:
    """One row a setting: its values, then what became of it. Fractions as numbers, times in ms."""
    columns: dict[str, object] = {}
    for name, rule in NAMES.items():
        values = results.points.columns[name]
        key = f"{name}_ms" if rule.is_time else name
        columns[key] = values if rule.is_time else [float(fraction_of(one)) for one in values.tolist()]
    tallies, count = results.tallies, results.tallies[:, TRADES]
    columns["trades"] = count.astype(np.int64)
    for key, which in (
        ("wins", WINS),
        ("stopped", STOPPED),
        ("targets", TARGETS),
        ("held_too_long", HELD_TOO_LONG),
        ("model_exits", ENDED),
        ("open_at_end", OPEN),
    ):
        columns[key] = tallies[:, which].astype(np.int64)
    columns["net_mean_bps"] = 10_000 * measured(tallies, Measure.NET)
    columns["net_sum"] = tallies[:, NET]
    columns["t_value"] = measured(tallies, Measure.T_VALUE)
    columns["worst_net"] = tallies[:, WORST]
    columns["held_bars_mean"] = np.where(count > 0, tallies[:, HELD] / np.maximum(count, 1), np.nan)
    columns["equity_end"] = tallies[:, EQUITY]
    columns["drawdown_max"] = tallies[:, DRAWDOWN]
    return pl.DataFrame(columns)


def write_results(directory: Path, results: Results, manifest: SweepManifest) -> SweepManifest:
    """Results, days where they were kept, and the manifest last: without it there is no sweep."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MANIFEST).unlink(missing_ok=True)
    frame_of(results).write_parquet(directory / RESULTS)
    if len(results.daily):
        days = {f"day_{day}": results.daily[:, day] for day in range(results.daily.shape[1])}
        pl.DataFrame(days).write_parquet(directory / DAILY)
    sha256 = hashlib.sha256((directory / RESULTS).read_bytes()).hexdigest()
    whole = SweepManifest(**{**asdict(manifest), "results_sha256": sha256})
    (directory / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
    return whole


def read_results(directory: Path) -> tuple[SweepManifest, pl.DataFrame]:
    """A sweep that was written. Raises ResearchRefused where a part is missing or another than it was."""
    try:
        manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=SweepManifest)
        content = (directory / RESULTS).read_bytes()
    except (OSError, msgspec.DecodeError) as error:
        raise ResearchRefused(
            f"{directory}: no sweep can be read here: {error}. Fix: give what `jackline sweep --out` wrote"
        ) from None
    if hashlib.sha256(content).hexdigest() != manifest.results_sha256:
        raise ResearchRefused(
            f"{directory / RESULTS}: not the results of {MANIFEST}: they were changed. Fix: sweep again"
        )
    return manifest, pl.read_parquet(directory / RESULTS)
