"""The account of a soak, as a user would configure it: small trades, so that it never runs out of money to lose."""

from __future__ import annotations

from typing import Final

from jackline.cli.config import Config, load_config
from jackline.cli.demo.setting import STATE, Place

BALANCE_QUOTE: Final = "1000000"
TRADE_QUOTE: Final = 1_000
"""A thousandth of the balance: what thousands of trades pay in fees and lose at stops is no drawdown."""
OPEN_MAX: Final = 10
"""Positions at once. A market that runs ahead fills as many as there may be, and keeps them full."""

_CONFIG: Final = """\
# Written by `jackline soak`. Play money on a local exchange.
[account]
name = "soak"
mode = "paper"
state_dir = "{state}"

[venue]
name = "binance"
url = "{url}"
symbols = [{symbols}]
bar_interval = "{bar}"
position_mode = "netting"
margin_type = "isolated"
key_file = "key.toml"

[strategy]
name = "ema_cross"

[risk]
size_mode = "fixed"
size_fixed_quote = {trade}
heat_notional_max_fraction = {heat}
losing_streak_max = 100
daily_loss_max_fraction = 0.5
drawdown_max_fraction = 0.9
trades_per_symbol_max = 1
leverage = 4
stop_value_fraction = 0.01
target_of_rules = "off" # the trail ends a trade
trailing_fraction = 0.03
hold_max_ms = 28_800_000 # 8 h of market time

[regime]
reference_symbol = "{reference}"
"""


def write_config(place: Place, *, url: str, symbols: tuple[str, ...], bar: str) -> Config:
    """The configuration that engine and watchdog are started with, checked as theirs will be. Raises ConfigError."""
    text = _CONFIG.format(
        state=STATE,
        url=url,
        symbols=", ".join(f'"{symbol}"' for symbol in symbols),
        bar=bar,
        trade=TRADE_QUOTE,
        heat=OPEN_MAX * TRADE_QUOTE / int(BALANCE_QUOTE),
        reference=symbols[0],
    )
    place.config.write_text(text, encoding="utf-8")
    return load_config(place.config)
