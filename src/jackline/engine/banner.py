"""What an engine runs with, told by the engine: from the objects it decides with, never from the file they came from.

A paper flag that was displayed and decided nothing let 996 orders be real (F1).
"""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from decimal import Decimal

from jackline.core.settings import AdoptSettings, StopSettings
from jackline.core.state import State
from jackline.engine.options import EngineOptions

Facts = dict[str, object]

EVENT = "running"
"""The log event whose groups are the banner."""


def banner(options: EngineOptions, state: State) -> dict[str, Facts]:
    """The facts by section of the configuration, each under its key there; what the core steps with is the state's.

    Numbers are texts with all their digits. What is not set is None.
    """
    risk: Facts = {**asdict(state.risk), **_prefixed(state.risk.stop)}
    del risk["stop"]
    return {
        "account": {"name": options.account, "mode": options.mode, "state_dir": str(options.state_dir)},
        "venue": {
            "symbols": list(state.markets),
            "bar_interval_ms": options.interval_ms,
            "position_mode": state.mode.value,
            "margin_type": options.margin_type.value,
            "rung": options.forced_rung.value if options.forced_rung is not None else "auto",
        },
        "risk": _plain(risk),
        "protection": _plain(asdict(state.protection)),
        "guard": {"alone": options.guards_only, **_plain(_adopted(state.adopting))},
        "strategy": {"name": options.strategy.name, **_parameters(options.strategy)},
    }


def _prefixed(stop: StopSettings) -> Facts:
    return {f"stop_{key}": value for key, value in asdict(stop).items()}


def _adopted(adopting: AdoptSettings) -> Facts:
    shape = "quantity" if adopting.leaves_whole_position else "whole_position"
    return {"adopted_trailing_fraction": adopting.trailing_fraction, "adopted_stop_shape": shape}


def _parameters(strategy: object) -> Facts:
    """The fields of a built-in strategy; another kind of object has none to tell."""
    return _plain(asdict(strategy)) if is_dataclass(strategy) and not isinstance(strategy, type) else {}


def _plain(facts: Facts) -> Facts:
    return {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in facts.items()}
