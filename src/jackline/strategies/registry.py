"""The built-in strategies by their name in configuration and journal."""

from __future__ import annotations

from collections.abc import Mapping

from jackline.core.ports import Strategy
from jackline.strategies.building import Declaring, build
from jackline.strategies.ema_cross import EmaCross
from jackline.strategies.model import ModelDriven
from jackline.strategies.outside import Manual, Webhook
from jackline.strategies.rsi_trend import RsiTrend
from jackline.strategies.supertrend import SuperTrend

STRATEGIES: dict[str, type[Declaring]] = {
    "ema_cross": EmaCross,
    "rsi_trend": RsiTrend,
    "supertrend": SuperTrend,
}
OUTSIDE: dict[str, type[Declaring]] = {"manual": Manual, "webhook": Webhook}
"""Those whose signals come from outside."""
MODEL = "model"
"""The name of the one that a model bundle drives."""
DECLARED: dict[str, type[Declaring]] = STRATEGIES | {MODEL: ModelDriven}
"""Those with parameters."""
EVERY = DECLARED | OUTSIDE


def build_strategy(name: str, parameters: Mapping[str, object]) -> Strategy:
    """Build a strategy by name. Numbers may come as int, float or Decimal.

    Raises:
        KeyError: no such strategy.
        ParametersRefused: unknown, mistyped or out-of-range parameters, all of them at once.
    """
    return build(EVERY[name], name, parameters)


def is_rule(strategy: Strategy) -> bool:
    """One of the built-in rules: they wish for a direction, and never for an end."""
    return type(strategy) in STRATEGIES.values()
