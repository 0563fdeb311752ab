"""What `jackline data` shows: 80 columns for people, one JSON object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jackline.cli.page import fitted
from jackline.data.problems import counted, minute

if TYPE_CHECKING:
    from jackline.cli.data_check import Checked, Lengthened
    from jackline.data.keeping import Kept
    from jackline.data.report import Report
    from jackline.data.store import SetManifest

ODDITIES_SHOWN = 3
"""Of each kind, the largest; --json has up to twenty."""
GAPS_SHOWN = 5
WORDS = {
    "jump": "closes that jump",
    "open_gap": "opens away from the close before",
    "wick": "long wicks",
    "frozen": "stretches that stand still",
}

Shown = dict[str, object]


def kept(done: Kept, notes: Sequence[str] = ()) -> Shown:
    """A set that was written, as it is told."""
    return {
        "set": done.place.path.stem,
        "path": str(done.place.path),
        "manifest": _manifest(done.manifest),
        "added": done.added,
        "changed": [str(change) for change in done.changed],
        "unfinished_left_out": done.unfinished,
        "compared": [asdict(one) for one in done.compared],
        "notes": list(notes),
    }


def settled(manifest: SetManifest) -> Shown:
    """A set of settlements that was written, as it is told."""
    name = f"{manifest.venue}-{manifest.environment}-{manifest.symbol}-funding"
    return {"set": name, "manifest": _manifest(manifest), "notes": []}


def show_done(done: Sequence[Shown], *, json: bool) -> None:
    """Sets that were downloaded or imported."""
    if json:
        _print_json(sets=list(done))
        return
    for one in done:
        manifest: Any = one["manifest"]
        print(fitted(f"{one['set']}: {_rows(manifest['kind'], manifest['rows'])}, {_span(manifest)}"))
        if "added" in one:
            print(fitted(f"  {counted(int(str(one['added'])), 'bar')} added"))
        if one.get("unfinished_left_out"):
            print(fitted(f"  {counted(int(str(one['unfinished_left_out'])), 'unfinished bar')} left out"))
        if manifest["gap_bars"]:
            places = counted(len(manifest["gaps"]), "place")
            print(fitted(f"  {counted(manifest['gap_bars'], 'bar')} missing in {places}"))
        changed: Any = one.get("changed", [])
        for change in changed[:ODDITIES_SHOWN]:
            print(fitted(f"  changed: {change}"))
        compared: Any = one.get("compared", [])
        for other in compared:
            if other["reference_environment"] != manifest["environment"]:
                continue
            print(fitted(f"  {_compared(other)}"))
        notes: Any = one["notes"]
        for note in notes:
            print(fitted(f"  {note}"))


def show_list(directory: Path, sets: Sequence[tuple[Path, SetManifest]], *, json: bool) -> None:
    """Every set of a directory."""
    if json:
        _print_json(
            directory=str(directory),
            sets=[{"set": path.stem, "path": str(path), **_manifest(one)} for path, one in sets],
        )
        return
    from jackline.cli import views

    rows = [
        Row(
            set=path.stem,
            rows=f"{one.rows:,}",
            missing=f"{one.gap_bars:,}" if one.gap_bars else "–",
            first=minute(one.first_ms)[:10],
            last=minute(one.last_ms),
        )
        for path, one in sets
    ]
    views.show(rows, empty="No sets.", note=f"by the manifests of {directory}; times of opens, UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One set in the list."""

    set: str
    rows: str
    missing: str
    first: str
    last: str


def show_checks(found: Sequence[Checked], *, json: bool) -> None:
    """What each set looks like, and those that are refused."""
    if json:
        _print_json(holds=not any(one.refusal for one in found), sets=[_checked(one) for one in found])
        return
    for one in found:
        print(f"{one.name}: {'REFUSED' if one.refusal else 'holds'}")
        if one.report is not None:
            print("\n".join(fitted(f"  {line}") for line in _report(one.report)))
        elif not one.refusal:
            print(f"  {_rows('funding', one.settlements)}")
        for other in one.comparisons:
            if one.manifest is not None and other.reference_environment != one.manifest.environment:
                continue  # how far a generated market lies from the real one is no news
            print(fitted(f"  {_compared(asdict(other))}"))
        if one.refusal is not None:
            print(fitted(f"  {one.refusal.what}: {one.refusal.value}"))
            print(fitted(f"  in {one.refusal.where}"))
            print(fitted(f"  Fix: {one.refusal.fix}"))


def show_resampled(outcome: Lengthened, *, json: bool) -> None:
    """A set that was made, or how it compares with the one that was there."""
    if json:
        _print_json(**asdict(outcome))
    elif outcome.made:
        print(fitted(f"{outcome.name}: {counted(outcome.rows, 'bar')} made, whole ones only"))
    else:
        verdict = "prices equal to the last bit, volumes but for its rounding"
        if outcome.first_difference_ms is not None:
            first = minute(outcome.first_difference_ms)
            verdict = f"{counted(outcome.differing, 'bar')} DIFFER, the first at {first} UTC"
        print(fitted(f"{outcome.name}: compared in {counted(outcome.compared, 'bar')}: {verdict}"))


def _report(report: Report) -> list[str]:
    lines = [
        f"{counted(report.rows, 'bar')} of {report.interval_ms:_} ms, {minute(report.first_ms)} to "
        f"{minute(report.last_ms)} UTC"
    ]
    missing = sum(gap.bars for gap in report.gaps)
    lines.append(
        f"gaps: {counted(missing, 'bar')} missing in {counted(len(report.gaps), 'place')}"
        if missing
        else "gaps: none"
    )
    lines += [
        f"  {counted(gap.bars, 'bar')} from {minute(gap.first_ms)} UTC" for gap in report.gaps[:GAPS_SHOWN]
    ]
    lines.append(
        f"without volume: {counted(report.zero_volume_bars, 'bar')}; a bar's return is "
        f"{report.sigma_fraction * 10_000:.1f} bps in a robust standard deviation"
    )
    for kind, count in report.counts.items():
        lines.append(f"{WORDS[kind]}: {count or 'none'}")
        for one in [one for one in report.oddities if one.kind == kind][:ODDITIES_SHOWN]:
            size = (
                f"{one.size:.0f} bars"
                if kind == "frozen"
                else f"{one.size:+.2%}, {one.sigmas:.0f} deviations"
            )
            lines.append(f"  {minute(one.open_ms)} UTC: {size}")
    return lines


def _checked(one: Checked) -> Shown:
    refusal = one.refusal
    return {
        "set": one.name,
        "holds": refusal is None,
        "manifest": None if one.manifest is None else _manifest(one.manifest),
        "report": None if one.report is None else asdict(one.report),
        "settlements": one.settlements,
        "compared": [asdict(other) for other in one.comparisons],
        "refusal": None
        if refusal is None
        else {"what": refusal.what, "where": refusal.where, "value": refusal.value, "fix": refusal.fix},
    }


def _compared(one: dict[str, Any]) -> str:
    return (
        f"against {one['reference']}: {counted(one['common'], 'common close')}, "
        f"{one['median_bps']:.1f} bps apart in the median, {one['far_fraction']:.1%} of bars beyond 1 %"
    )


def _rows(kind: str, rows: int) -> str:
    return counted(rows, "settlement" if kind == "funding" else "bar")


def _span(manifest: dict[str, Any]) -> str:
    return f"{minute(manifest['first_ms'])} to {minute(manifest['last_ms'])} UTC"


def _manifest(manifest: SetManifest) -> dict[str, Any]:
    from msgspec import to_builtins

    return dict(to_builtins(manifest))


def _print_json(**facts: object) -> None:
    from jackline.cli.views import print_json

    print_json(**facts)
