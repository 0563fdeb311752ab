"""Checks that look at more than one key: the stop against costs and liquidation, a strategy's parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jackline.cli.problems import Problem, unknown_key
from jackline.cli.regime_section import RegimeSection
from jackline.cli.risk_section import RiskSection, risk_settings
from jackline.cli.sections import StrategySection, VenueSection
from jackline.cli.strategy_file import NotLoaded, StrategyFileRefused, load_strategy
from jackline.core.gate_settings import Rule
from jackline.core.plan import stop_distance
from jackline.core.ports import Strategy
from jackline.core.settings import SizeMode, StopBasis
from jackline.core.sizing import cap_share, smallest_notional_share
from jackline.strategies.parameters import ParameterProblem, ParametersRefused
from jackline.strategies.registry import EVERY, MODEL, build_strategy
from jackline.venue.profile import BINANCE_USDM, BINGX_SWAP

PROFILES = {"binance": BINANCE_USDM, "bingx": BINGX_SWAP}
"""What each venue of the configuration can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where values came from: the file, unless `sources` names another place."""

    path: Path
    sources: dict[tuple[str, ...], str]

    def problem(self, key: str, value: object, what: str, fix: str) -> Problem:
        """A problem with the source of its key."""
        source = self.sources.get(tuple(key.split(".")), str(self.path))
        return Problem(key=key, value=value, source=source, what=what, fix=fix)


def risk_problems(risk: RiskSection, found: Found) -> Iterator[Problem]:
    """The stop's distance against its band, against costs, and against liquidation (P7)."""
    settings = risk_settings(risk)
    stop = settings.stop
    if stop.basis is StopBasis.EQUITY:
        # What it comes to depends on what each trade is worth: the plan checks it, with the same figures.
        return
    distance = stop_distance(stop=stop, leverage=risk.leverage, notional_share=cap_share(settings))
    key = "risk.stop_value_fraction"
    asked = f"a stop {distance:.4g} of the price away"
    if stop.basis is StopBasis.MARGIN:
        asked += f" ({stop.value_fraction} of the margin at {risk.leverage}x)"
    low, high = stop.distance_min_fraction, stop.distance_max_fraction
    if low > high:
        fix = f"stop_distance_min_fraction ≤ stop_distance_max_fraction = {high}"
        yield found.problem("risk.stop_distance_min_fraction", low, "above the largest distance", fix)
    elif not low <= distance <= high:
        factor = risk.leverage if stop.basis is StopBasis.MARGIN else 1
        fix = f"allowed: {low * factor:f} … {high * factor:f}"
        yield found.problem(key, stop.value_fraction, f"{asked} is outside {low} … {high}", fix)
    costs = stop.noise_multiple * 2 * risk.taker_fraction
    if distance < costs:
        what = f"{asked} lies inside {stop.noise_multiple} × the round-trip fees = {costs:f}"
        yield found.problem(key, stop.value_fraction, what, "widen the stop, or correct taker_fraction")
    room = stop.liquidation_share_max / risk.leverage
    if distance > room:
        what = (
            f"P7: {asked}; at {risk.leverage}x liquidation is about {1 / risk.leverage:.3g} away and the "
            f"stop may use {stop.liquidation_share_max} of that, {room:.3g}"
        )
        highest = int(stop.liquidation_share_max / distance)
        fix = f"tighten the stop to {room:.3g} or less"
        if highest:
            fix = f"lower risk.leverage to {highest} or less, or tighten the stop"
        yield found.problem(key, stop.value_fraction, what, fix)


def size_problems(risk: RiskSection, found: Found) -> Iterator[Problem]:
    """A mode with what it needs, and under the cap: a rule that always meets its bound is not the rule it seems."""
    settings = risk_settings(risk)
    if settings.size_mode is SizeMode.FIXED and settings.size_fixed_quote is None:
        yield found.problem(
            "risk.size_fixed_quote", None, 'size_mode = "fixed" needs it', "a notional in quote"
        )
    if settings.size_mode is not SizeMode.FIXED and settings.size_fixed_quote is not None:
        what = f'size_mode = "{settings.size_mode}" does not read it'
        fix = 'set size_mode = "fixed", or remove it'
        yield found.problem("risk.size_fixed_quote", settings.size_fixed_quote, what, fix)
    if settings.stop.basis is StopBasis.EQUITY and settings.size_mode is SizeMode.RISK:
        what = "a stop that is a share of equity needs a size that does not depend on the stop"
        yield found.problem("risk.stop_basis", "equity", what, 'size_mode = "signal" or "fixed"')
    least, cap = smallest_notional_share(settings), cap_share(settings)
    if least is not None and least > cap:
        what = (
            f'size_mode = "{settings.size_mode}" at {settings.leverage}x wants at least {least:f} of equity, and the '
            f"cap is {cap:f}: every trade would be cut to the cap"
        )
        fix = f'size_cap_basis = "margin" with at least {least / settings.leverage:f}, or another size_mode'
        yield found.problem("risk.size_cap_fraction", settings.size_cap_fraction, what, fix)


def venue_problems(venue: VenueSection, found: Found) -> Iterator[Problem]:
    """Symbols as this venue writes them, and a rung that it has."""
    dashed = venue.name == "bingx"
    wrong = [name for name in venue.symbols if ("-" in name) is not dashed]
    if wrong:
        fix = f"write them as {venue.name} does, e.g. {'BTC-USDT' if dashed else 'BTCUSDT'}"
        yield found.problem("venue.symbols", ", ".join(wrong), f"not names of {venue.name}", fix)
    rungs = PROFILES[venue.name].rungs
    if venue.rung != "auto" and venue.rung not in rungs:
        fix = f"one of auto, {', '.join(rungs)}"
        yield found.problem("venue.rung", venue.rung, f"no rung of {venue.name}", fix)


def regime_problems(
    regime: RegimeSection, risk: RiskSection, venue: VenueSection, found: Found
) -> Iterator[Problem]:
    """The reference as this venue writes it: what it does not know would never warm up, and deny for ever."""
    dashed, name = venue.name == "bingx", regime.reference_symbol
    if Rule.ON in {regime.gate, risk.size_weights} and ("-" in name) is not dashed:
        fix = f"write it as {venue.name} does, e.g. {'BTC-USDT' if dashed else 'BTCUSDT'}"
        yield found.problem("regime.reference_symbol", name, f"no name of {venue.name}", fix)


def choose_strategy(
    section: StrategySection, found: Found, *, load_file: bool, optional: bool = False
) -> Strategy | list[Problem]:
    """The strategy of the configuration, or what is wrong with it. A user's file is run, and a model read, only with
    `load_file`.

    Where it is optional and not given, it is one that is never asked.
    """
    names = ", ".join(sorted(EVERY))
    if section.name is not None and section.file is not None:
        what = f'a strategy of its own stands beside it: file = "{section.file}"'
        return [found.problem("strategy.name", section.name, what, "keep one of the two")]
    if section.bundle is not None and section.name != MODEL:
        what, fix = f'only name = "{MODEL}" reads it', f'set name = "{MODEL}", or remove it'
        return [found.problem("strategy.bundle", str(section.bundle), what, fix)]
    try:
        if section.file is not None:
            if not load_file:
                return NotLoaded(name=section.file.stem)
            return load_strategy(found.path.parent / section.file, section.parameters)
        if section.name is None and optional:
            return NotLoaded(name="none")
        if section.name is None:
            fix = f'set it: one of {names}; or file = "my_strategy.py"'
            return [found.problem("strategy.name", None, "missing", fix)]
        if section.name not in EVERY:
            fix = f"one of {names}; one of your own is named by strategy.file"
            return [found.problem("strategy.name", section.name, "no such strategy", fix)]
        if section.name == MODEL:
            from jackline.cli.model_bundle import choose_model

            return choose_model(section, found, load=load_file)
        return build_strategy(section.name, section.parameters)
    except StrategyFileRefused as refused:
        return [found.problem("strategy.file", str(section.file), refused.what, refused.fix)]
    except ParametersRefused as refused:
        return [_parameter_problem(bad, found) for bad in refused.problems]


def _parameter_problem(bad: ParameterProblem, found: Found) -> Problem:
    key = f"strategy.parameters.{bad.key}"
    problem = found.problem(key, bad.value, "not usable", f"allowed: {bad.allowed}")
    return unknown_key(key, bad.value, problem.source, bad.known) if bad.known else problem
