"""What `jackline model drift` shows: how far a later market lies from the training, and whether answers still hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jackline.cli.page import fitted

if TYPE_CHECKING:
    from jackline.models.drift import Answers, DriftReport


def drift_of(path: Path, data: Path, *, symbol: str | None, json: bool) -> None:
    """Raises BundleRefused and DataRefused."""
    from jackline.cli.train import read
    from jackline.cli.train_options import Source
    from jackline.models.libraries import READING, require

    require(READING)
    from jackline.models.bundle import read_bundle
    from jackline.models.drift import drift_report

    bundle = read_bundle(path)
    candles = read(Source(path=data, symbol=symbol))
    found = drift_report(bundle, candles)
    if json:
        _print_json(path, bundle.sha256, found)
    else:
        print("\n".join(fitted(line) for line in _lines(path, found)))


def _print_json(path: Path, sha256: str, found: DriftReport) -> None:
    from msgspec import to_builtins

    from jackline.cli.views import print_json

    print_json(bundle=str(path), sha256=sha256, **to_builtins(found))


def _lines(path: Path, found: DriftReport) -> Iterator[str]:
    first, last = (
        datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
        for ms in (found.from_ms, found.to_ms)
    )
    yield f"{found.bars:,} bars after the training, {first} to {last} UTC"
    yield ""
    yield "  column                   index  outside"
    for one in sorted(found.columns, key=lambda one: -one.index):
        outside = one.outside_fraction or 0.0
        yield f"  {one.name:<22} {one.index:7.3f} {outside:8.2%}  {one.state}"
    for model in found.models:
        yield ""
        yield from _model(model)
    yield ""
    yield f"{path}: {found.state}. Index: 0.10 is moving, 0.25 has drifted; docs/training.md says what to do."


def _model(one: Answers) -> Iterator[str]:
    yield f"  {one.key}: {one.state}"
    yield f"    answers {one.lowest:.3f} … {one.highest:.3f}, index {one.shift.index:.3f}"
    yield f"    at its threshold {one.above_fraction:.2%} of the bars, {one.above_training_fraction:.2%} out of fold"
    if one.said is None or one.came is None or one.area is None or one.brier is None:
        return
    yield (
        f"    {one.labelled:,} bars have ended: said {one.said:.3f}, came {one.came:.3f}, "
        f"area {one.area:.3f}, Brier {one.brier:.4f}"
    )
    yield "    said  " + " ".join(f"{bin_.said:6.3f}" for bin_ in one.reliability)
    yield "    came  " + " ".join(f"{bin_.came:6.3f}" for bin_ in one.reliability)
