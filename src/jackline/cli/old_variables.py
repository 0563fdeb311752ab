"""Variables of older programs (`QT_*`, `STAGING_MODE`): which key each becomes, or why it cannot.

They are read where somebody asks for it (`jackline config check --import-qt`), and by nothing that trades. What
one of them means is told once, in `TABLE`; the range is the key's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType

import structlog
from pydantic import BaseModel

from jackline.cli.allowed import allowed, bounds
from jackline.cli.old_values import (
    Ambiguous,
    Read,
    Unreadable,
    a_count,
    a_mode,
    a_percentage,
    a_probability,
    a_risk,
)
from jackline.cli.problems import ConfigError, Problem, shown_value
from jackline.cli.spoken import spoken, toml_text

log = structlog.get_logger("config")

PREFIX = "QT_"
IMPORTED = "imported"
ENVIRONMENT = "environment"
MODE = "account.mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """One variable: the key it becomes, and how its text is read."""

    key: str
    read: Read


TABLE: Mapping[str, Old] = MappingProxyType(
    {
        "QT_TRAIL_CALLBACK": Old(key="risk.trailing_fraction", read=a_percentage),
        "QT_RISK_PER_TRADE": Old(key="risk.risk_per_trade_fraction", read=a_risk),
        "QT_MAX_POSITIONS_PER_SYMBOL": Old(key="risk.trades_per_symbol_max", read=a_count),
        "QT_UPTREND_SHORT_EXCEPTION_CONF": Old(key="regime.short_exception_confidence", read=a_probability),
        "QT_PAPER_TRADING": Old(key=MODE, read=a_mode),
        "STAGING_MODE": Old(key=MODE, read=a_mode),
    }
)
"""A key that this version does not have yet refuses its variable: a rule that is not there must not be believed in."""

TOOLKIT = frozenset(
    f"QT_{name}"
    for name in (
        "ACCESSIBILITY AUTO_SCREEN_SCALE_FACTOR DEBUG_PLUGINS DEVICE_PIXEL_RATIO ENABLE_HIGHDPI_SCALING FONT_DPI "
        "IM_MODULE IM_MODULES LINUX_ACCESSIBILITY_ALWAYS_ON LOGGING_RULES OPENGL PLUGIN_PATH SCALE_FACTOR "
        "SCALE_FACTOR_ROUNDING_POLICY SCREEN_SCALE_FACTORS STYLE_OVERRIDE"
    ).split()
)
TOOLKIT_PREFIXES = ("QT_QPA_", "QT_QUICK_", "QT_WAYLAND_", "QT_X11_", "QT_XCB_")
"""Variables of the Qt toolkit, which desktops set for every process. No trading program reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A key that variables give. `variables` holds their names and texts."""

    key: str
    value: str | int | Decimal
    variables: Mapping[str, str]

    @property
    def source(self) -> str:
        """As the configuration names where a value comes from."""
        return f"{IMPORTED} {', '.join(self.variables)}"

    def agrees_with(self, given: object) -> bool:
        """Whether an explicit value says the same, however it is written."""
        if isinstance(self.value, str):
            return given == self.value
        try:
            return not isinstance(given, bool) and Decimal(str(given)) == self.value
        except ArithmeticError:
            return False

    def contradicted(self, given: object, source: str) -> Problem:
        """The explicit value says something else."""
        said = "means" if len(self.variables) == 1 else "mean"
        what = f"{_code(self.key)}{_shown(self.variables)} {said} {self.key} = {toml_text(self.value)}"
        fix = f"unset {' and '.join(self.variables)}"
        if self.key == MODE:
            fix += f": {MODE} alone decides"
        else:
            fix += f", or write {self.key} = {toml_text(self.value)} there"
        return Problem(key=self.key, value=given, source=source, what=what, fix=fix)


def read_old(
    environment: Mapping[str, str], sections: Mapping[str, type[BaseModel]]
) -> tuple[list[Imported], list[Problem]]:
    """What the old variables say, and everything that is wrong with them (C1).

    Args:
        environment: all variables.
        sections: the keys of this version.
    """
    found: dict[str, Imported] = {}
    problems = [_unknown(name) for name in sorted(strangers(environment))]
    for name, old in TABLE.items():
        text = environment.get(name)
        if text is None:
            continue
        value = _value(name, text, old, sections)
        before = found.get(old.key)
        if isinstance(value, Problem):
            problems.append(value)
        elif before is not None and before.value != value:
            problems.append(_split(name, text, value, before))
        else:
            variables = {**(before.variables if before else {}), name: text}
            found[old.key] = Imported(key=old.key, value=value, variables=variables)
    return list(found.values()), problems


def strangers(environment: Iterable[str]) -> Iterator[str]:
    """Variables with the prefix that the table does not know and no desktop sets."""
    for name in environment:
        of_a_desktop = name in TOOLKIT or name.startswith(TOOLKIT_PREFIXES)
        if name.startswith(PREFIX) and name not in TABLE and not of_a_desktop:
            yield name


def unread(environment: Iterable[str]) -> list[str]:
    """Old variables that are set, for whoever must be told that nothing reads them."""
    names = list(environment)
    return sorted({*strangers(names), *(name for name in names if name in TABLE)})


def tell_unread(environment: Mapping[str, str], *, mode: str, source: str) -> None:
    """What an engine does about old variables: it reads none of them, and says so.

    Args:
        environment: all variables.
        mode: what `account.mode` is.
        source: where that comes from.

    Raises:
        ConfigError: an old switch says paper where the mode does not, or the other way round (C2). Nobody may believe
            a switch that decides nothing: 996 orders were real because of one (F1).
    """
    names = unread(environment)
    if names:
        log.warning("old_variables_not_read", code="C1", names=names, see="jackline config check --import-qt")
    problems = []
    for name in (name for name, old in TABLE.items() if old.read is a_mode and name in environment):
        said = a_mode(environment[name])
        if isinstance(said, str) and said != mode:
            imported = Imported(key=MODE, value=said, variables={name: environment[name]})
            problems.append(imported.contradicted(mode, source))
    if problems:
        raise ConfigError(problems)


def _value(
    name: str, text: str, old: Old, sections: Mapping[str, type[BaseModel]]
) -> str | int | Decimal | Problem:
    """The value for the key, inside the key's range."""
    section, _, key = old.key.partition(".")
    model = sections.get(section)
    if model is None or key not in model.model_fields:
        fix = f"unset {name}; nothing here does what it did"
        return Problem(
            key=name, value=text, source=ENVIRONMENT, what="this version has no such rule", fix=fix
        )
    read = old.read(text)
    may_be = allowed(model, key)
    if isinstance(read, Unreadable):
        return Problem(key=name, value=text, source=ENVIRONMENT, what=read.what, fix=read.fix)
    if isinstance(read, Ambiguous):
        what = f"could be {' or '.join(f'{spoken(old.key, one)} ({old.key} = {one:f})' for one in read.readings)}"
        fix = f"write the one that is meant into the file, allowed: {may_be}; then unset {name}"
        return Problem(key=name, value=text, source=ENVIRONMENT, what=what, fix=fix)
    if not isinstance(read, str) and not _inside(read, model, key):
        return _out_of_range(name, text, old.key, read, model)
    return read


def _inside(number: Decimal | int, model: type[BaseModel], name: str) -> bool:
    low, high = bounds(model.model_fields[name])
    return (low is None or low <= number) and (high is None or number <= high)


def _out_of_range(name: str, text: str, key: str, read: Decimal | int, model: type[BaseModel]) -> Problem:
    """A percentage that would fit as the fraction it looks like was probably meant as one: that is said, not done."""
    field = key.rpartition(".")[2]
    aloud = spoken(key, read)
    what = f"out of range: it means {key} = {Decimal(read):f}{f', {aloud}' if aloud else ''}"
    fix = f"allowed there: {allowed(model, field)}"
    looks_like = Decimal(read * 100).normalize()
    if aloud and _inside(looks_like, model, field):
        fix += f"; if {spoken(key, looks_like)} is meant, write {key} = {looks_like:f} into the file"
    return Problem(key=name, value=text, source=ENVIRONMENT, what=what, fix=f"{fix}; then unset {name}")


def _split(name: str, text: str, value: object, before: Imported) -> Problem:
    """Two variables of one key that say different things."""
    what = (
        f"{_code(before.key)}means {before.key} = {toml_text(value)}, "
        f"but {_shown(before.variables)} means {toml_text(before.value)}"
    )
    fix = f"write {before.key} into the file, and unset {name} and {', '.join(before.variables)}"
    return Problem(key=name, value=text, source=ENVIRONMENT, what=what, fix=fix)


def _unknown(name: str) -> Problem:
    """Its value is not shown: nobody knows what it is, and it may be a key (S1)."""
    close = get_close_matches(name, TABLE, n=1, cutoff=0.7)
    meant = f"did you mean {close[0]}? " if close else ""
    fix = f"{meant}known: {', '.join(TABLE)}; unset the others"
    return Problem(key=name, value=None, source=ENVIRONMENT, what="not a variable that is imported", fix=fix)


def _shown(variables: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {shown_value(name, text)}" for name, text in variables.items())


def _code(key: str) -> str:
    return "C2: " if key == MODE else ""
