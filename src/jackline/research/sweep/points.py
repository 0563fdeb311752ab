"""What is swept: named values, one column a name, and the grids and ranges they come from."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from jackline.core.gate_settings import OpportunityForm
from jackline.core.settings import RiskSettings
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import Whole
from jackline.research.sweep.market import parts

POINTS_MAX = 5_000_000
"""Of one sweep; their table alone then takes half a gigabyte."""
VALUES_MAX = 10_000
"""Of one name."""
_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+)([mhd])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Something that can be swept. `low`, `high`: what is allowed, in its own unit."""

    meaning: str
    low: Decimal
    high: Decimal
    is_time: bool = False
    of_models: bool = False


NAMES: dict[str, Name] = {
    "stop": Name(
        meaning="distance of the stop from the fill, of price", low=Decimal("0.001"), high=Decimal("0.1")
    ),
    "target": Name(meaning="distance of the target, of price; 0 none", low=Decimal(0), high=Decimal(1)),
    "trail": Name(meaning="distance of the trail, of price; 0 none", low=Decimal(0), high=Decimal("0.5")),
    "hold": Name(
        meaning="longest hold, as 8h", low=Decimal(60_000), high=Decimal(366 * 86_400_000), is_time=True
    ),
    "cooldown": Name(
        meaning="pause after a trade, as 5m; 0m none",
        low=Decimal(0),
        high=Decimal(366 * 86_400_000),
        is_time=True,
    ),
    "long": Name(meaning="least probability of a long", low=Decimal(0), high=Decimal(1), of_models=True),
    "short": Name(meaning="least probability of a short", low=Decimal(0), high=Decimal(1), of_models=True),
    "gate_long": Name(
        meaning="gate 8: least probability of a long", low=Decimal(0), high=Decimal(1), of_models=True
    ),
    "gate_short": Name(meaning="gate 8: least of a short", low=Decimal(0), high=Decimal(1), of_models=True),
    "edge": Name(
        meaning="gate 8: least edge of a short, of price", low=Decimal(-1), high=Decimal(1), of_models=True
    ),
    "exit_long": Name(
        meaning="least probability that ends a long", low=Decimal(0), high=Decimal(1), of_models=True
    ),
    "exit_short": Name(meaning="least that ends a short", low=Decimal(0), high=Decimal(1), of_models=True),
}
"""In the order of the results."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """The settings of a sweep: for each name its values, shape (points,), in parts of `ONE` or in ms."""

    columns: Mapping[str, Whole]

    def __len__(self) -> int:
        return len(self.columns["stop"])

    def part(self, begin: int, end: int) -> Points:
        """Points `begin` … `end`, the last left out."""
        return Points(columns={name: values[begin:end] for name, values in self.columns.items()})

    def at(self, places: Whole) -> Points:
        """The points at these places, in their order."""
        return Points(columns={name: values[places] for name, values in self.columns.items()})

    @property
    def swept(self) -> tuple[str, ...]:
        """Names with more than one value."""
        return tuple(
            name for name, values in self.columns.items() if len(values) and (values != values[0]).any()
        )


def base_of(risk: RiskSettings, *, stop: Decimal) -> dict[str, int]:
    """The value of each name where it is not swept: that of the configuration. `stop`: as a fraction of price."""
    gate = risk.opportunity
    return {
        "stop": parts(stop),
        "target": parts(risk.target_fraction or Decimal(0)),
        "trail": parts(risk.trailing_fraction or Decimal(0)),
        "hold": risk.hold_max_ms,
        "cooldown": risk.cooldown_ms,
        "long": 0,
        "short": 0,
        "gate_long": parts(gate.long_probability_min),
        "gate_short": parts(gate.short_probability_min),
        "edge": parts(gate.edge_min_fraction),
        "exit_long": parts(risk.exits.model_exit_long_fraction),
        "exit_short": parts(risk.exits.model_exit_short_fraction),
    }


def fixed_of(base: Mapping[str, int], risk: RiskSettings, swept: Container[str] = ()) -> tuple[object, ...]:
    """What makes other trades and is not swept: values of names, the gates that the kernel asks, the collar."""
    held = tuple(sorted((name, value) for name, value in base.items() if name not in swept))
    return held, risk.regime, risk.opportunity, risk.collar_fraction


def read_axis(text: str) -> tuple[str, tuple[int, ...]]:
    """``stop=0.005:0.03:0.0025`` (both ends count) or ``hold=2h,4h,8h``: the name, and its values.

    Raises:
        ResearchRefused: an unknown name, no number, a range that ends nowhere, a value out of range.
    """
    name, separator, wanted = (part.strip() for part in text.partition("="))
    if name not in NAMES:
        raise ResearchRefused(
            f"--grid {text}: {name or 'nothing'} cannot be swept. Fix: one of {', '.join(NAMES)}"
        )
    if not separator or not wanted:
        raise ResearchRefused(f"--grid {text}: no values. Fix: {name}=FROM:TO:STEP or {name}=A,B,C")
    if ":" in wanted:
        values = _range(text, name, wanted.split(":"))
    else:
        values = [_value(text, name, one) for one in wanted.split(",")]
    if len(set(values)) != len(values):
        raise ResearchRefused(f"--grid {text}: a value stands there twice. Fix: name each once")
    return name, tuple(values)


def grid_of(axes: Sequence[tuple[str, tuple[int, ...]]], base: Mapping[str, int]) -> Points:
    """Every combination of the axes, the last changing fastest; all else as in `base`. Raises ResearchRefused."""
    names = [name for name, _ in axes]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ResearchRefused(f"--grid: {', '.join(sorted(twice))} is given twice. Fix: give each name once")
    count = int(np.prod([len(values) for _, values in axes], dtype=np.int64)) if axes else 1
    if count > POINTS_MAX:
        raise ResearchRefused(f"--grid: {count:,} settings, at most {POINTS_MAX:,}. Fix: larger steps")
    table = np.array(list(itertools.product(*(values for _, values in axes))), np.int64).reshape(
        count, len(axes)
    )
    columns = {name: np.full(count, base[name], np.int64) for name in NAMES}
    for index, name in enumerate(names):
        columns[name] = np.ascontiguousarray(table[:, index])
    return Points(columns=columns)


def check_points(points: Points, risk: RiskSettings, interval_ms: int) -> None:
    """Refuse what the engine could never trade, or the kernel not repeat. Raises ResearchRefused."""
    low, high = risk.stop.distance_min_fraction, risk.stop.distance_max_fraction
    noise = risk.stop.noise_multiple * 2 * risk.taker_fraction
    stop = points.columns["stop"]
    if stop.min() < parts(max(low, noise)) or stop.max() > parts(high):
        raise ResearchRefused(
            f"stop: {shown('stop', int(stop.min()))} … {shown('stop', int(stop.max()))}; the engine plans none outside"
            f" {max(low, noise):f} … {high:f} (risk, cost and noise). Fix: keep the range inside"
        )
    for name in ("hold", "cooldown"):
        odd = points.columns[name] % interval_ms != 0
        if odd.any():
            value = shown(name, int(points.columns[name][odd][0]))
            raise ResearchRefused(
                f"{name}: {value} is no whole number of bars of {interval_ms // 60_000}m, and within a bar nobody knows"
                f" when. Fix: a multiple of the bar's length, in the configuration or as --grid {name}="
                f"{max(1, -(-int(points.columns[name][odd][0]) // interval_ms)) * interval_ms // 60_000}m"
            )
    if points.columns["hold"].min() < interval_ms:
        raise ResearchRefused("hold: shorter than a bar. Fix: at least one bar")


def shown(name: str, value: int) -> str:
    """A value as it is written in a grid."""
    if NAMES[name].is_time:
        for unit in "dhm":
            if value % _UNITS_MS[unit] == 0 and (value or unit == "m"):
                return f"{value // _UNITS_MS[unit]}{unit}"
    return f"{fraction_of(value).normalize():f}"


def fraction_of(value: int) -> Decimal:
    """Parts of `ONE` as a fraction."""
    return Decimal(int(value)).scaleb(-8)


def form_of(risk: RiskSettings) -> int:
    """The opportunity gate's form as the kernel's number (`allowed`)."""
    return tuple(OpportunityForm).index(risk.opportunity.form)


def _range(text: str, name: str, ends: list[str]) -> list[int]:
    if len(ends) != 3:
        raise ResearchRefused(f"--grid {text}: a range has three numbers. Fix: {name}=FROM:TO:STEP")
    first, last, step = (_value(text, name, one, bounded=at < 2) for at, one in enumerate(ends))
    if step <= 0 or last < first:
        raise ResearchRefused(f"--grid {text}: this range has no end. Fix: a step above 0, and FROM below TO")
    if (last - first) // step >= VALUES_MAX:
        raise ResearchRefused(f"--grid {text}: more than {VALUES_MAX:,} values. Fix: a larger step")
    return list(range(first, last + 1, step))


def _value(text: str, name: str, word: str, *, bounded: bool = True) -> int:
    rule, word = NAMES[name], word.strip()
    if rule.is_time:
        found = _DURATION.fullmatch(word)
        if found is None:
            raise ResearchRefused(f"--grid {text}: {word!r} is no time. Fix: write it as 30m, 8h or 2d")
        value = Decimal(found[1]) * _UNITS_MS[found[2]]
    else:
        try:
            value = Decimal(word)
        except InvalidOperation:
            raise ResearchRefused(
                f"--grid {text}: {word!r} is no number. Fix: as in {name}=0.01,0.02"
            ) from None
    if bounded and not (value.is_finite() and rule.low <= value <= rule.high):
        allowed = f"{rule.low:f} … {rule.high:f}" + (" ms" if rule.is_time else "")
        raise ResearchRefused(f"--grid {text}: {word} is outside {allowed}. Fix: keep it inside")
    if not value.is_finite():
        raise ResearchRefused(f"--grid {text}: {word} is no number. Fix: give one")
    return int(value) if rule.is_time else parts(value)
