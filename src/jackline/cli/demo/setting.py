"""The scene of a run: its directory, play-money key and configuration file, as a user would write them."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jackline.cli.config import Config, load_config
from jackline.cli.section_types import BAR_INTERVALS_MS
from jackline.core.gate_settings import RegimeSettings
from jackline.core.plan import Rung
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE

BALANCE_QUOTE: Final = "10000"
STATE: Final = "state"
REFERENCE: Final = str(RegimeSettings().reference_symbol)

_CONFIG: Final = """\
# Written by `jackline demo`. Play money on a local exchange.
[account]
name = "demo"
mode = "paper"
state_dir = "{state}"

[venue]
name = "binance"
url = "{url}"
symbols = [{symbols}]
bar_interval = "{interval}"
position_mode = "{mode}"
margin_type = "isolated"
rung = "{rung}"
key_file = "key.toml"

[risk]
losing_streak_max = 100 # a demo goes on
trades_per_symbol_max = 1 # one entry a trade: what is left behind is easier to see
leverage = 4
stop_value_fraction = 0.01
target_of_rules = "off" # the trail ends a trade
trailing_fraction = 0.03 # lets a profit run; the 1 % stop stands until then
hold_max_ms = 28_800_000 # 8 h of market time

[regime]
reference_symbol = "{reference}" # BTCUSDT, where the market of the demo has it

"""
_STRATEGY: Final = '[strategy]\nname = "rsi_trend"\n'
_BOT: Final = '[bot.main]\nstrategy = "rsi_trend"\nsymbols = [{symbols}]\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The files of a run."""

    directory: Path
    key: str

    @property
    def config(self) -> Path:
        return self.directory / "jackline.toml"

    @property
    def secret(self) -> Path:
        """The exchange's own copy of the secret."""
        return self.directory / "secret"

    @property
    def journal(self) -> Path:
        return self.directory / STATE / ENGINE_FILE

    @property
    def commands(self) -> Path:
        return self.directory / STATE / COMMANDS_FILE


def prepare(directory: Path) -> Place:
    """A directory with a fresh key pair, readable by its owner alone (S1)."""
    directory.mkdir(parents=True, exist_ok=True)
    place = Place(directory=directory, key=secrets.token_hex(16))
    secret = secrets.token_hex(32)
    _write_private(place.secret, secret)
    _write_private(directory / "key.toml", f'key = "{place.key}"\nsecret = "{secret}"\n')
    return place


def write_config(
    place: Place,
    *,
    url: str,
    symbols: tuple[str, ...],
    interval_ms: int,
    rung: Rung | None,
    hedge: bool,
    free: int = 0,
) -> Config:
    """The configuration that engine and watchdog are started with, checked as theirs will be. Raises ConfigError.

    `free`: so many of the last symbols are nobody's, where that leaves some: for bots that somebody makes.
    """
    own = symbols[: len(symbols) - free] or symbols
    text = _CONFIG.format(
        state=STATE,
        url=url,
        symbols=_listed(symbols),
        interval=interval_name(interval_ms),
        reference=REFERENCE if REFERENCE in symbols else symbols[0],
        mode="hedge" if hedge else "netting",
        rung="auto" if rung is None else rung.value,
    )
    text += _BOT.format(symbols=_listed(own)) if own != symbols else _STRATEGY
    place.config.write_text(text, encoding="utf-8")
    return load_config(place.config)


def _listed(symbols: tuple[str, ...]) -> str:
    return ", ".join(f'"{symbol}"' for symbol in symbols)


def interval_name(interval_ms: int) -> str:
    """`5m` for 300,000. Raises ValueError for an interval the venue has no name for."""
    for name, length_ms in BAR_INTERVALS_MS.items():
        if length_ms == interval_ms:
            return name
    known = ", ".join(BAR_INTERVALS_MS)
    raise ValueError(f"bars of {interval_ms} ms: the venue knows {known}. Fix: give a file of one of these")


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
