"""Every key of the configuration, told from its declaration: unit, range, default and meaning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jackline.cli.all_sections import SECTIONS
from jackline.cli.allowed import allowed, bounds
from jackline.cli.bot_checks import BOT
from jackline.cli.bot_section import BotSection
from jackline.cli.config import ENVIRONMENT_PREFIX
from jackline.cli.spoken import spoken
from jackline.strategies.building import Declaring, declared
from jackline.strategies.registry import DECLARED

PARAMETERS = "strategy.parameters"
"""The table whose keys are the strategy's own."""
ANY_BOT = f"{BOT}.name"
"""Stands for the table of a bot where none is meant in particular."""

MINUTE_MS = 60_000
"""From here on milliseconds are said aloud too."""

UNITS = MappingProxyType(
    {
        "_fraction": "share of one, so 0.01 is one per cent",
        "_share_max": "share of one, so 0.5 is one half",
        "_streak_max": "trades",
        "_confidence": "probability, 0 to 1",
        "_probability_min": "probability, 0 to 1",
        "_bars": "bars",
        "trades_max": "trades",
        "trades_per_symbol_max": "entries",
        "_quote": "quote currency, e.g. USDT",
        "_multiple": "times",
        "_ms": "milliseconds",
        "_ms_max": "milliseconds",
        "_after_s": "seconds",
        "_period_s": "seconds",
        "_per_hour": "messages an hour",
        "_per_s_max": "calls a second",
        "symbols_max": "symbols",
        "_mib_max": "mebibytes (1,048,576 bytes)",
        "leverage": "times the margin",
        "_period": "bars",
        "trades_min": "trades",
        "_days_max": "days",
        "rsi_long": "RSI, 0 to 100",
        "rsi_short": "RSI, 0 to 100",
        "port": "number of a TCP port",
    }
)
"""How a number's name ends, and its unit. A number without one here fails tests/cli/test_catalogue.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key.

    Attributes:
        key: as errors name it, e.g. ``risk.leverage``.
        unit: of a number; empty for a text.
        allowed: the range or the choices.
        required: it has no default, and a file without it is refused.
        default: None for a required key, and for one that is not set unless somebody sets it.
        meaning: one line.
        strategy: the built-in one that takes it; empty for a key that is there whatever the strategy.
    """

    key: str
    unit: str
    allowed: str
    required: bool
    default: object
    meaning: str
    strategy: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENVIRONMENT_PREFIX + self.key.upper().replace(".", "__")

    @property
    def comment(self) -> str:
        """What jackline.example.toml says beside it."""
        long_ms = self.default if isinstance(self.default, int) and self.unit == "milliseconds" else 0
        aloud = f"; {long_ms:_} is {spoken(self.key, long_ms)}" if long_ms >= MINUTE_MS else ""
        return f"{self.allowed}: {self.meaning}{aloud}"


def entries() -> tuple[Entry, ...]:
    """Every key in the order of the file, the parameters of every strategy last."""
    taken = (
        replace(entry, strategy=name)
        for name, kind in sorted(DECLARED.items())
        for entry in parameter_entries(kind)
    )
    return (*section_entries(), *bot_entries(ANY_BOT), *taken)


def section_entries() -> tuple[Entry, ...]:
    """The keys that there are whatever the strategy."""
    return tuple(
        _entry(f"{section}.{name}", model, name, field)
        for section, model in SECTIONS.items()
        for name, field in model.model_fields.items()
        if f"{section}.{name}" != PARAMETERS
    )


def bot_entries(table: str) -> tuple[Entry, ...]:
    """The keys of one bot, whose table it is; its strategy's own apart."""
    return tuple(
        _entry(f"{table}.{name}", BotSection, name, field)
        for name, field in BotSection.model_fields.items()
        if name != "parameters"
    )


def parameter_entries(strategy: type[Declaring]) -> tuple[Entry, ...]:
    """The parameters of one strategy."""
    return tuple(
        Entry(
            key=f"{PARAMETERS}.{one.name}",
            unit=_unit(one.name),
            allowed=one.allowed,
            required=False,
            default=one.default,
            meaning=one.meaning,
        )
        for one in declared(strategy)
    )


def _entry(key: str, model: type[BaseModel], name: str, field: FieldInfo) -> Entry:
    required = field.is_required()
    return Entry(
        key=key,
        unit=_unit(name) if bounds(field) != (None, None) else "",
        allowed=allowed(model, name),
        required=required,
        default=None if required else field.default,
        meaning=field.description or "",
    )


def _unit(name: str) -> str:
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
