"""What a bundle makes of the last completed bar: calibrated probabilities, or no opinion (M2).

Pure: the same bars give the same answer. Age is counted from the end of the training to the close of the bar, on the
market's clock, so that a replay is as old as the day that it replays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import numpy as np

from jackline.core.opportunity import Probabilities
from jackline.core.orders import Bar
from jackline.core.values import ZERO, Fraction, Side
from jackline.models.bundle import Bundle
from jackline.models.calibration import calibrated
from jackline.models.features import COLUMNS, WINDOW_BARS, Floats, candles_of, features
from jackline.models.manifest import Role

DIGEST_CHARS = 8
"""Of the manifest's SHA-256: enough to see that a bundle is another one."""
DAY_MS = 86_400_000
PLACES = ".4f"
"""Of a probability: a ten-thousandth is finer than any calibration."""


class Doubt(StrEnum):
    """Why a model has no opinion."""

    SYMBOL = "not_its_symbol"
    INTERVAL = "not_its_interval"
    SEEN = "inside_its_training"
    STALE = "stale"
    RANGE = "out_of_range"


ABOUT_THE_MODEL = frozenset({Doubt.INTERVAL, Doubt.SEEN, Doubt.STALE})
"""Doubts that do not depend on the symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOpinion:
    """A doubt, with its figures."""

    doubt: Doubt
    detail: str


Tell = Callable[[str, NoOpinion | None], None]
"""Hears of every bar: its symbol, and why there is no opinion, None where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inference:
    """A bundle that can be asked: `core.ports.Model`.

    Attributes:
        age_ms_max: a bar that closes later after the end of the training gets no opinion.
        range_margin_fraction: a feature may lie so far outside the training's quantiles, as a share of their distance.
        tell: for the log; what it does decides nothing.
    """

    bundle: Bundle
    age_ms_max: int
    range_margin_fraction: float
    tell: Tell

    @property
    def name(self) -> str:
        """``model@1f0c22ab``, in the reason of every entry."""
        return f"model@{self.bundle.sha256[:DIGEST_CHARS]}"

    @property
    def warmup_bars(self) -> int:
        return WINDOW_BARS

    def entry_threshold(self, side: Side) -> Fraction | None:
        """The bundle's own; None where it has no model for it."""
        return self._threshold(Role.ENTRY, side)

    def exit_threshold(self, side: Side) -> Fraction | None:
        """The same of an exit."""
        return self._threshold(Role.EXIT, side)

    def entry(self, bars: Sequence[Bar]) -> Probabilities | None:
        """Both sides' probabilities, 0 for one without a model; None is no opinion."""
        row = self._row(bars)
        if row is None:
            return None
        return Probabilities(
            long=self._probability(Role.ENTRY, Side.LONG, row) or Fraction(ZERO),
            short=self._probability(Role.ENTRY, Side.SHORT, row) or Fraction(ZERO),
        )

    def exit(self, bars: Sequence[Bar], side: Side) -> Fraction | None:
        """That a position of this side should end; None is no opinion, and where there is no model for it."""
        if self.bundle.member(f"{Role.EXIT}_{side}") is None:
            return None
        row = self._row(bars)
        return None if row is None else self._probability(Role.EXIT, side, row)

    def _threshold(self, role: Role, side: Side) -> Fraction | None:
        member = self.bundle.member(f"{role}_{side}")
        return None if member is None else Fraction(Decimal(str(member.threshold)))

    def _row(self, bars: Sequence[Bar]) -> Floats | None:
        """The features of the last bar in the bundle's order, where nothing is to be doubted."""
        last = bars[-1]
        found = features(candles_of(bars[-WINDOW_BARS:]))[-1:]
        row = np.ascontiguousarray(
            found[:, [COLUMNS.index(one.name) for one in self.bundle.manifest.columns]]
        )
        doubted = self._doubt(last) or self._strange(row[0])
        self.tell(last.symbol, doubted)
        return None if doubted else row

    def _doubt(self, last: Bar) -> NoOpinion | None:
        manifest = self.bundle.manifest
        if last.interval_ms != manifest.interval_ms:
            detail = f"a bar of {last.interval_ms} ms, trained on {manifest.interval_ms} ms"
            return NoOpinion(doubt=Doubt.INTERVAL, detail=detail)
        age_ms = last.open_ms + last.interval_ms - manifest.trained_to_ms
        if age_ms <= 0:
            detail = "the bar lies before the end of its training: it has seen what comes"
            return NoOpinion(doubt=Doubt.SEEN, detail=detail)
        if age_ms > self.age_ms_max:
            detail = (
                f"trained {age_ms / DAY_MS:.1f} days before this bar, allowed {self.age_ms_max / DAY_MS:g}"
            )
            return NoOpinion(doubt=Doubt.STALE, detail=detail)
        if not manifest.is_for(last.symbol):
            return NoOpinion(doubt=Doubt.SYMBOL, detail=f"not trained for {last.symbol}")
        return None

    def _strange(self, row: Floats) -> NoOpinion | None:
        """The first column that the training has not seen the like of."""
        for value, column in zip(row, self.bundle.manifest.columns, strict=True):
            margin = self.range_margin_fraction * (column.high - column.low)
            if not column.low - margin <= value <= column.high + margin:
                detail = f"{column.name} = {value:.6g}, trained on {column.low:.6g} … {column.high:.6g}"
                return NoOpinion(doubt=Doubt.RANGE, detail=detail)
        return None

    def _probability(self, role: Role, side: Side, row: Floats) -> Fraction | None:
        member = self.bundle.member(f"{role}_{side}")
        if member is None:
            return None
        raw = self.bundle.forests[member.key].probabilities(row)
        return Fraction(Decimal(f"{calibrated(member.calibration, raw)[0]:{PLACES}}"))
