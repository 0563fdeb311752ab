"""What a sweep says at its end: a table of the best, how they stand among their neighbours, and the count of trials."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from jackline.cli.page import fitted
from jackline.research.sweep.arrays import DRAWDOWN, EQUITY, NET, TRADES, WINS
from jackline.research.sweep.files import SweepManifest, frame_of
from jackline.research.sweep.page import plateau_sentence
from jackline.research.sweep.plateau import plateau_of, surface_of
from jackline.research.sweep.points import shown
from jackline.research.sweep.run import Measure, measured
from jackline.research.sweep.runs import Results

SHOWN = 8
JSON_ROWS_MAX = 100


def as_text(results: Results, manifest: SweepManifest, measure: Measure) -> str:
    """For people, 80 columns."""
    values = measured(results.tallies, measure)
    known = manifest.trials + manifest.trials_before
    lines = [
        f"{manifest.strategy} on {manifest.symbol}: {manifest.trials:,} settings, {manifest.bars:,} bars",
        "",
        *_table(results, _best(values), values, measure),
        "",
        *_standing(results, values, measure),
        f"{known:,} settings have been tried on these bars so far. The best of many tries looks good without"
        " any edge: jackline validate says what is left of it.",
    ]
    return "\n".join(fitted(line) for line in lines)


def as_json(results: Results, manifest: SweepManifest, measure: Measure) -> str:
    """For programs: the manifest, the best, and how they stand."""
    values = measured(results.tallies, measure)
    best = _best(values, JSON_ROWS_MAX)
    rows = frame_of(results)[best].to_dicts() if len(best) else []
    surface = surface_of(results.points, values)
    found = None if surface is None else plateau_of(surface)
    plateau = (
        None
        if found is None
        else {
            "value": found.value,
            "neighbours": found.neighbours,
            "median": _number(found.median),
            "lowest": _number(found.lowest),
            "above_zero_fraction": _number(found.share),
        }
    )
    body = {
        "manifest": manifest,
        "measure": str(measure),
        "plateau": plateau,
        "best": [{key: _number(value) for key, value in row.items()} for row in rows],
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def _best(values: np.ndarray, most: int = SHOWN) -> list[int]:
    """Places of the highest values; the earlier of two equal ones first."""
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")
    return [int(at) for at in order if not np.isnan(values[at])][:most]


def _table(results: Results, best: list[int], values: np.ndarray, measure: Measure) -> list[str]:
    if not best:
        return ["No setting has two trades."]
    names = results.points.swept or ("stop",)
    heads = [*names, "trades", "won", "net bps", "equity", "drawdown", str(measure)]
    rows = [heads]
    for at in best:
        one = results.tallies[at]
        count = one[TRADES]
        rows.append(
            [
                *(shown(name, int(results.points.columns[name][at])) for name in names),
                f"{count:,.0f}",
                f"{100 * one[WINS] / count:.0f} %",
                f"{10_000 * one[NET] / count:+.1f}",
                f"{one[EQUITY]:.3f}",
                f"{100 * one[DRAWDOWN]:.1f} %",
                f"{values[at]:.3g}",
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _standing(results: Results, values: np.ndarray, measure: Measure) -> list[str]:
    surface = surface_of(results.points, values)
    found = None if surface is None else plateau_of(surface)
    return [] if surface is None or found is None else [plateau_sentence(surface, found, measure)]


def _number(value: object) -> object:
    """No nan in JSON."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
