"""`[bot.NAME]`: what several bots mean together, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from pydantic import BaseModel, ValidationError

from jackline.cli import checks
from jackline.cli.bot_section import BotSection, risk_of
from jackline.cli.problems import Problem, section_problems
from jackline.cli.protection_section import ProtectionSection
from jackline.cli.risk_section import RiskSection, risk_settings, with_usual_target
from jackline.cli.sections import AccountSection, StrategySection, VenueSection
from jackline.core.bots import BOTH_SIDES, Bot
from jackline.core.orders import PositionMode
from jackline.core.values import Fraction, Side, Symbol
from jackline.engine.options import BotOptions, source_of

BOT = "bot"
"""The table of the bots' tables."""
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
BOTS_MAX = 50
"""Each is asked at every bar of its symbols, in the engine's own thread."""
ACCOUNT_KEYS = frozenset(
    key
    for kind in (AccountSection, VenueSection, RiskSection, ProtectionSection)
    for key in kind.model_fields
) - frozenset(BotSection.model_fields)


@dataclass(slots=True, kw_only=True)
class Bots:
    """What was found: sections that are right by themselves, and all that is wrong."""

    sections: dict[str, BotSection] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_bots(tree: Mapping[str, Any], found: checks.Found) -> Bots:
    """Validate every `[bot.NAME]`, and refuse `[strategy]` beside them (C2)."""
    bots, tables = Bots(), tree.get(BOT, {})
    if not isinstance(tables, dict) or len(tables) > BOTS_MAX:
        fix = f"a table for each bot, at most {BOTS_MAX}: [bot.trend], then its keys"
        bots.problems.append(found.problem(BOT, tables, "not a table of bots", fix))
        return bots
    for name, table in tables.items():
        key = f"{BOT}.{name}"
        if not NAME.fullmatch(name):
            fix = "a to z, 0 to 9, _ and -, at most 32, beginning with a letter"
            bots.problems.append(found.problem(key, None, "no name of a bot", fix))
        elif not isinstance(table, dict):
            bots.problems.append(found.problem(key, table, "not a table", f"[{key}], then its keys"))
        else:
            _read(bots, name, table, found)
    given = tree.get("strategy")
    if tables and given:
        what = "C2: a strategy for the whole account beside bots that have one each"
        fix = f"move [strategy] into a table of its own, [{BOT}.main], or remove the bots"
        bots.problems.append(found.problem("strategy", given, what, fix))
    return bots


def _read(bots: Bots, name: str, table: Mapping[str, object], found: checks.Found) -> None:
    """One table. What belongs to the account is told as that, not as an unknown word."""
    key = f"{BOT}.{name}"
    for one in sorted(table.keys() & ACCOUNT_KEYS):
        what = "the account's, for all its bots together; a bot cannot have one of its own"
        fix = f"remove it here; {_section_of(one)}.{one} is the key for it"
        bots.problems.append(found.problem(f"{key}.{one}", table[one], what, fix))
    own = {one: value for one, value in table.items() if one not in ACCOUNT_KEYS}
    try:
        bots.sections[name] = BotSection.model_validate(own)
    except ValidationError as error:
        for problem in section_problems(key, BotSection, error, {}, str(found.path)):
            source = found.problem(problem.key, None, "", "").source
            bots.problems.append(replace(problem, source=source))


def _section_of(key: str) -> str:
    kinds: dict[str, type[BaseModel]] = {
        "account": AccountSection,
        "venue": VenueSection,
        "protection": ProtectionSection,
    }
    return next((name for name, kind in kinds.items() if key in kind.model_fields), "risk")


def make_bots(
    bots: Bots, venue: VenueSection, risk: RiskSection, found: checks.Found, *, load_file: bool
) -> list[BotOptions]:
    """The bots as the engine takes them; what is wrong with one or between them goes to `bots.problems`."""
    made: list[BotOptions] = []
    for name, section in bots.sections.items():
        bots.problems.extend(_symbol_problems(name, section, venue, found))
        own = risk_of(section, risk)
        if own != risk:
            wrong = (*checks.risk_problems(own, found), *checks.size_problems(own, found))
            bots.problems.extend(_renamed(name, problem, found) for problem in wrong)
        asked = StrategySection(
            name=section.strategy, file=section.file, bundle=section.bundle, parameters=section.parameters
        )
        strategy = checks.choose_strategy(asked, found, load_file=load_file)
        if isinstance(strategy, list):
            bots.problems.extend(_renamed(name, problem, found) for problem in strategy)
            continue
        bot = Bot(
            name=name,
            symbols=None if section.symbols is None else tuple(map(Symbol, section.symbols)),
            sides=BOTH_SIDES if section.side == "both" else (Side(section.side),),
            risk=with_usual_target(risk_settings(own), own, strategy),
            budget_fraction=Fraction(section.budget_fraction),
            trades_max=section.trades_max,
            source=source_of(strategy),
        )
        made.append(BotOptions(bot=bot, strategy=strategy))
    bots.problems.extend(_shared(made, venue, found))
    return made


def _renamed(name: str, problem: Problem, found: checks.Found) -> Problem:
    """A problem of `[risk]` or `[strategy]`, told as one of the bot that it was found in."""
    section, _, rest = problem.key.partition(".")
    rest = "strategy" if section == "strategy" and rest == "name" else rest
    key = f"{BOT}.{name}.{rest}"
    fix = re.sub(r"\bstrategy\.(?=file|bundle|parameters)", f"{BOT}.{name}.", problem.fix)
    return replace(problem, key=key, source=found.problem(key, None, "", "").source, fix=fix)


def _symbol_problems(
    name: str, section: BotSection, venue: VenueSection, found: checks.Found
) -> Iterator[Problem]:
    if not venue.symbols:
        return  # filters choose: whether a symbol is there is not known before the venue is asked
    strange = [one for one in section.symbols or () if one not in venue.symbols]
    if strange:
        fix = f"add them to venue.symbols, or choose of it: {', '.join(venue.symbols)}"
        yield found.problem(f"{BOT}.{name}.symbols", ", ".join(strange), "not symbols of this account", fix)


def _shared(made: list[BotOptions], venue: VenueSection, found: checks.Found) -> Iterator[Problem]:
    """One owner a position: two bots share no symbol, unless hedge mode keeps their sides apart."""
    for one, other in combinations([each.bot for each in made], 2):
        if venue.position_mode is PositionMode.HEDGE and not set(one.sides) & set(other.sides):
            continue
        names = venue.symbols or one.symbols or other.symbols or ("every symbol of the universe",)
        both = [name for name in names if one.trades(Symbol(name)) and other.trades(Symbol(name))]
        if not both:
            continue
        what = f"bot {one.name} has {', '.join(both)} too, and a position has one owner"
        fix = "give each bot symbols of its own"
        if venue.position_mode is PositionMode.HEDGE:
            fix += ', or side = "long" to one and side = "short" to the other'
        yield found.problem(f"{BOT}.{other.name}.symbols", None, what, fix)
