"""Whether a change of a bot only lets it do less: what lowers risk asks for little, everything else for all."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from jackline.cli.bot_section import OWN, BotSection, risk_of
from jackline.cli.config import Config

SMALLER: Final = ("risk_per_trade_fraction", "size_fixed_quote", "size_cap_fraction")
"""Less of these, with the rest as it is, is a smaller trade. A tighter stop is not: by risk, it is a larger one."""


def looser_keys(before: Config, after: Config, name: str) -> tuple[str, ...]:
    """Keys that a change of this bot sets to what is not surely less; empty where it only tightens."""
    was, is_now = before.bot_sections[name], after.bot_sections[name]
    changed = [key for key in BotSection.model_fields if getattr(was, key) != getattr(is_now, key)]
    return tuple(key for key in changed if not _is_tighter(key, before, after, was, is_now))


def _is_tighter(key: str, before: Config, after: Config, was: BotSection, is_now: BotSection) -> bool:
    if key == "budget_fraction":
        return is_now.budget_fraction < was.budget_fraction
    if key == "trades_max":
        return _is_less(was.trades_max, is_now.trades_max)
    if key == "side":
        return was.side == "both"
    if key == "symbols":
        return is_now.symbols is not None and set(is_now.symbols) <= set(was.symbols or is_now.symbols)
    if key in SMALLER:
        return _is_less(_sized(key, before, was), _sized(key, after, is_now))
    return False


def _sized(key: str, config: Config, section: BotSection) -> Decimal | None:
    """As it holds: the account's where the bot has none of its own."""
    found: Decimal | None = getattr(section if key in OWN else risk_of(section, config.risk), key)
    return found


def _is_less(was: Decimal | int | None, is_now: Decimal | int | None) -> bool:
    """None is no bound at all."""
    return is_now is not None and (was is None or is_now < was)
