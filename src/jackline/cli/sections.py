"""The sections of the configuration file: every key, its type, its range, its default and its meaning.

This is the one source of all five: the texts of errors, `jackline config` and jackline.example.toml are
written from it, or compared with it. `[risk]` and `[protection]` have files of their own. A number carries its
unit in its name; a `_fraction` of 0.01 is one per cent.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jackline.cli.section import Section
from jackline.cli.section_types import (
    Allowed,
    BundlePath,
    Interval,
    KeyFile,
    Mode,
    Name,
    StateDir,
    StrategyFile,
    StrategyName,
    SymbolNames,
    Url,
    Whole,
)
from jackline.core.orders import MarginType, PositionMode
from jackline.core.plan import Rung

SYMBOLS_MAX = 250
"""What fits a minute's request weight, by the sum in tests/bench/test_arithmetic.py; opening them takes minutes."""


class AccountSection(Section):
    """`[account]`: whose money, in which mode, and where its records are kept. `mode` has the names of C2."""

    name: Name = Field(description="marks every order as this account's; never rename it")
    mode: Mode = Field(description="against the local exchange; other modes come with later versions")
    state_dir: StateDir = Field(description="journal and lease; relative to this file, one for each account")
    tape_mib_max: Whole = Field(
        256, ge=0, le=65_536, description="of decisions kept for `jackline replay`; 0 keeps none"
    )


class VenueSection(Section):
    """`[venue]`: where, what, and how the account is to be set there.

    `rung` forces a rung of the ladder where the canary does not disprove it; `key_file` is relative to the
    configuration file and holds `key` and `secret`.
    """

    url: Url = Field(description="where `jackline exchange serve` answers; loopback only")
    symbols: Annotated[SymbolNames, Allowed(text=f'1 … {SYMBOLS_MAX} names, e.g. ["BTCUSDT"]')] = Field(
        max_length=SYMBOLS_MAX, description="as the venue writes them; [] where filters choose"
    )
    name: Literal["binance", "bingx"] = Field(
        "binance", description="the wire: USDⓈ-M futures, or perpetual swap v2 with symbols as BTC-USDT"
    )
    bar_interval: Interval = Field("5m", description="length of a bar")
    position_mode: PositionMode = Field(PositionMode.NETTING, description="must be what the account is in")
    margin_type: MarginType = Field(
        MarginType.ISOLATED, description="set at the venue before the first entry"
    )
    rung: Literal["auto"] | Rung = Field("auto", description="auto is the best that is proven")
    key_file: KeyFile | None = Field(
        None, description='holds key and secret, chmod 600; unset: the play-money key "local"'
    )
    key_name: Name | None = Field(None, description="instead of a key file, a key of jackline keys")


class StrategySection(Section):
    """`[strategy]`: a built-in strategy by name or one's own by its file, and its parameters.

    `file` and `bundle` are relative to the configuration file.
    """

    name: StrategyName | None = Field(None, description="a built-in strategy")
    file: StrategyFile | None = Field(
        None, description="instead of a name, a strategy of your own; relative to this file"
    )
    bundle: BundlePath | None = Field(
        None, description='what name = "model" is driven by; relative to this file'
    )
    parameters: dict[str, object] = Field({}, description="what the strategy takes")
