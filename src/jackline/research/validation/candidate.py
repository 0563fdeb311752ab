"""What is tried around a configuration: its own setting, and its neighbours on every axis.

The configuration itself is what is judged. Its neighbours are the trials that it is deflated by, and the plateau that
it must stand on: every distance and time a quarter or a half less and more, every parameter of its strategy a tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import product

import numpy as np

from jackline.core.gate_settings import OpportunityForm
from jackline.core.plan import stop_distance
from jackline.core.ports import Strategy
from jackline.core.settings import RiskSettings
from jackline.core.sizing import cap_share
from jackline.data.candles import Candles
from jackline.research.sweep.market import parts
from jackline.research.sweep.points import NAMES, Points, base_of, fixed_of, grid_of
from jackline.research.sweep.regime_mask import with_regime
from jackline.research.sweep.signals import Signals, rule_signals
from jackline.research.validation.study import Tried
from jackline.strategies.building import Declaring, declared
from jackline.strategies.from_file import inside, with_parameter

DISTANCES = ("stop", "target", "trail")
DISTANCE_FACTORS = (Decimal("0.75"), Decimal(1), Decimal("1.25"))
TIME_FACTORS = (Decimal("0.5"), Decimal(1), Decimal("1.5"))
THRESHOLDS = ("long", "short")
THRESHOLD_STEPS = (Decimal("-0.03"), Decimal(0), Decimal("0.03"))
PARAMETER_SHARE = 0.1
"""A step of a strategy's parameter, at least one for a whole number."""
CENTRE = 1
"""Where the configuration's own value stands on each axis."""
PLACES = Decimal("0.00000001")

Say = Callable[[str, int, int], None]
"""Hears what is being worked out, how many bars of it are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A configuration with its neighbours.

    Attributes:
        axes: by name their values, in the order of `tried.places`.
        notes: what the verdict says nothing of, in sentences.
        fixed: what makes other trades and stands on no axis: with it the ledger of trials tells candidates apart.
    """

    name: str
    tried: Tried
    axes: Mapping[str, tuple[float, ...]]
    notes: tuple[str, ...] = ()
    fixed: tuple[object, ...] = ()

    @property
    def settings(self) -> int:
        """How many are tried."""
        return len(self.tried.places)


class _Progress:
    """What is being worked out, told with its bars."""

    def __init__(self, say: Say, told: str) -> None:
        self._say, self._told = say, told

    def __call__(self, done: int, total: int) -> None:
        self._say(self._told, done, total)


def rule_candidate(strategy: Strategy, risk: RiskSettings, candles: Candles, say: Say) -> Candidate:
    """A strategy that says sides, and its neighbours. Its signals are asked bar by bar, as the engine asks."""
    variants = list(_variants(strategy))
    families: list[tuple[Signals, Points]] = []
    exits, exit_places, exit_axes = exit_grid(risk, candles.interval_ms)
    places: list[tuple[int, ...]] = []
    for number, (place, variant) in enumerate(variants):
        progress = _Progress(say, f"signals {number + 1} of {len(variants)}")
        signals = with_regime(rule_signals(variant, candles, progress=progress), candles, risk)
        families.append((signals, exits))
        places += [(*place, *one) for one in exit_places]
    table = np.array(places, dtype=np.int64)
    chosen = int(np.flatnonzero((table == CENTRE).all(axis=1))[0])
    axes = {**dict(_parameter_axes(strategy)), **exit_axes}
    return Candidate(
        name=families[0][0].name,
        tried=Tried(families=families, places=table, chosen=chosen),
        axes=axes,
        fixed=_fixed(risk),
    )


def model_candidate(
    signals: Signals, risk: RiskSettings, candles: Candles, least: tuple[float, float]
) -> Candidate:
    """A strategy that says probabilities, and its neighbours: its thresholds are axes too."""
    exits, exit_places, exit_axes = exit_grid(risk, candles.interval_ms)
    signals = with_regime(signals, candles, risk)
    steps: list[tuple[str, tuple[int, ...]]] = []
    for name, asked in zip(THRESHOLDS, least, strict=True):
        values = [min(Decimal(1), max(Decimal(0), Decimal(str(asked)) + step)) for step in THRESHOLD_STEPS]
        steps.append((name, tuple(parts(one) for one in values)))
    columns: dict[str, list[np.ndarray]] = {name: [] for name in NAMES}
    places: list[tuple[int, ...]] = []
    for place in product(range(len(THRESHOLD_STEPS)), repeat=len(steps)):
        given = {name: values[at] for (name, values), at in zip(steps, place, strict=True)}
        if risk.opportunity.form is OpportunityForm.THRESHOLDS:
            given |= {
                f"gate_{name}": value for name, value in given.items()
            }  # the higher of the two would hold
        for name, column in exits.columns.items():
            columns[name].append(np.full_like(column, given[name]) if name in given else column)
        places += [(*place, *one) for one in exit_places]
    points = Points(columns={name: np.concatenate(every) for name, every in columns.items()})
    table = np.array(places, dtype=np.int64)
    chosen = int(np.flatnonzero((table == CENTRE).all(axis=1))[0])
    axes = {name: tuple(value / parts(Decimal(1)) for value in values) for name, values in steps}
    return Candidate(
        name=signals.name,
        tried=Tried(families=[(signals, points)], places=table, chosen=chosen),
        axes={**axes, **exit_axes},
        fixed=_fixed(risk),
    )


def exit_grid(
    risk: RiskSettings, interval_ms: int
) -> tuple[Points, list[tuple[int, ...]], dict[str, tuple[float, ...]]]:
    """Settings of the exits around those of the configuration, their places, and the values of each axis."""
    stop = stop_distance(stop=risk.stop, leverage=risk.leverage, notional_share=cap_share(risk))
    base = base_of(risk, stop=_rounded(stop))
    axes: list[tuple[str, tuple[int, ...]]] = [
        (
            name,
            tuple(
                parts(_rounded(Decimal(base[name]) * factor / parts(Decimal(1))))
                for factor in DISTANCE_FACTORS
            ),
        )
        for name in DISTANCES
        if base[name]
    ]
    bars = max(2, round(base["hold"] / interval_ms))
    holds = tuple(round(bars * factor) * interval_ms for factor in TIME_FACTORS)
    axes.append(("hold", holds))
    base |= {"hold": holds[CENTRE], "cooldown": _whole_bars(base["cooldown"], interval_ms)}
    points = grid_of(axes, base)
    places = list(product(*(range(len(values)) for _, values in axes)))
    shown = {
        name: tuple(value / (3_600_000 if name == "hold" else parts(Decimal(1))) for value in values)
        for name, values in axes
    }
    return (
        points,
        places,
        {("hold (h)" if name == "hold" else name): values for name, values in shown.items()},
    )


def _fixed(risk: RiskSettings) -> tuple[object, ...]:
    stop = stop_distance(stop=risk.stop, leverage=risk.leverage, notional_share=cap_share(risk))
    return fixed_of(base_of(risk, stop=_rounded(stop)), risk)


def _whole_bars(ms: int, interval_ms: int) -> int:
    """The next whole number of bars: within a bar nobody knows when."""
    return -(-ms // interval_ms) * interval_ms


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(PLACES, rounding=ROUND_HALF_EVEN)


def _variants(strategy: Strategy) -> Iterator[tuple[tuple[int, ...], Strategy]]:
    """The strategy itself, and with one parameter a step lower or higher where it allows that."""
    names = [name for name, _ in _parameter_axes(strategy)]
    yield (CENTRE,) * len(names), strategy
    for axis, (name, values) in enumerate(_parameter_axes(strategy)):
        for at, value in enumerate(values):
            if at == CENTRE:
                continue
            changed = with_parameter(strategy, name, value)
            if changed is not None:
                yield tuple(at if one == axis else CENTRE for one in range(len(names))), changed


def _parameter_axes(strategy: Strategy) -> list[tuple[str, tuple[float, ...]]]:
    """Values around each number that the strategy declares; none for one that declares nothing."""
    own = inside(strategy)
    if not hasattr(own, "__dataclass_fields__"):
        return []
    kind: type[Declaring] = type(own)  # type: ignore[assignment]  # a dataclass that is a strategy declares
    found: list[tuple[str, tuple[float, ...]]] = []
    for one in declared(kind):
        value = getattr(own, one.name)
        step = max(1, round(abs(value) * PARAMETER_SHARE)) if one.whole else abs(value) * PARAMETER_SHARE
        if step:
            found.append((one.name, (value - step, value, value + step)))
    return found
