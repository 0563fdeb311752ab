"""What an engine runs with, told by the engine: from the objects it decides with, never from the file they came from.

A paper flag that was displayed and decided nothing let 996 orders be real (F1).
"""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from decimal import Decimal

from jackline.core.exit_settings import ExitSettings, Stages
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
    for table in ("stop", "regime", "opportunity", "exits"):
        del risk[table]
    return {
        "account": {
            "name": options.account,
            "mode": options.mode,
            "state_dir": str(options.state_dir),
            "tape_mib_max": options.tape_bytes_max // 1_048_576,
        },
        "venue": {
            "symbols": list(state.markets),
            "bar_interval_ms": options.interval_ms,
            "position_mode": state.mode.value,
            "margin_type": options.margin_type.value,
            "rung": options.forced_rung.value if options.forced_rung is not None else "auto",
        },
        "universe": _universe(options),
        "risk": _plain(risk),
        "regime": _plain(asdict(state.risk.regime)),
        "opportunity": _plain(asdict(state.risk.opportunity)),
        "exits": _plain(_exits(state.risk.exits)),
        "protection": _plain(asdict(state.protection)),
        "guard": {"alone": options.guards_only, **_plain(_adopted(state.adopting))},
        **_key(options),
        **_speaking(options, state),
        **_phase(options),
    }


def _key(options: EngineOptions) -> dict[str, Facts]:
    """Which key of the vault, where it is one; never the key (S1)."""
    if options.key_name is None:
        return {}
    from_where = "accepted" if options.any_address_accepted else "refused in mode live"
    return {"keys": {"key_name": options.key_name, "any_address": from_where}}


def _universe(options: EngineOptions) -> Facts:
    """Off, and nothing else; or the filters, which the symbols above have passed."""
    if options.universe is None:
        return {"chosen_by": "name"}
    lists = {"allow": list(options.universe.allow), "deny": list(options.universe.deny)}
    return {"chosen_by": "filter", **_plain(asdict(options.universe)), **lists}


def _speaking(options: EngineOptions, state: State) -> dict[str, Facts]:
    """The strategy of the account, or each bot with its own and with what it plans with instead of `[risk]`."""
    if not options.bots:
        return {"strategy": {"name": options.strategy.name, **_parameters(options.strategy)}}
    told: dict[str, Facts] = {}
    for one in options.bots:
        bot = state.bots[one.bot.name]
        own = asdict(bot.risk) | _prefixed(bot.risk.stop)
        account = asdict(state.risk) | _prefixed(state.risk.stop)
        told[f"bot.{bot.name}"] = {
            "state": "stopped" if bot.name in state.bots_stopped else "running",
            "strategy": one.strategy.name,
            "symbols": list(state.markets if bot.symbols is None else bot.symbols),
            "sides": [side.value for side in bot.sides],
            **_plain({"budget_fraction": bot.budget_fraction, "trades_max": bot.trades_max}),
            **_plain({key: value for key, value in own.items() if key != "stop" and value != account[key]}),
            **_parameters(one.strategy),
        }
    return told


def _phase(options: EngineOptions) -> dict[str, Facts]:
    """What a promotion needs, where a phase is kept; which phase it is the keeper says, who has read it."""
    if options.phase is None:
        return {}
    needs = options.phase.needs
    asked: Facts = {"trades_min": needs.trades_min, "monitoring_min_ms": needs.monitoring_min_ms}
    return {"phase": {**asked, "has_key": options.phase.key is not None}}


def _prefixed(stop: StopSettings) -> Facts:
    return {f"stop_{key}": value for key, value in asdict(stop).items()}


def _exits(exits: ExitSettings) -> Facts:
    """The stages below the rest, under their names in the configuration; none of them where there are no stages."""
    stages = {f"stage_{field.name}": getattr(exits.stages, field.name, None) for field in fields(Stages)}
    plain = {key: value for key, value in asdict(exits).items() if key != "stages"}
    return {**plain, "stages": "off" if exits.stages is None else "on", **stages}


def _adopted(adopting: AdoptSettings) -> Facts:
    shape = "quantity" if adopting.leaves_whole_position else "whole_position"
    return {"adopted_trailing_fraction": adopting.trailing_fraction, "adopted_stop_shape": shape}


def _parameters(strategy: object) -> Facts:
    """The fields of a built-in strategy; another kind of object has none to tell."""
    if not is_dataclass(strategy) or isinstance(strategy, type):
        return {}
    shown = (one.name for one in fields(strategy) if one.repr)  # a model is no parameter
    values = {name: getattr(strategy, name) for name in shown}
    return _plain(
        {
            name: asdict(one) if is_dataclass(one) and not isinstance(one, type) else one
            for name, one in values.items()
        }
    )


def _plain(facts: Facts) -> Facts:
    return {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in facts.items()}
