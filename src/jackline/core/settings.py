"""The numbers the core is run with. Names carry units; defaults are on the careful side."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.exit_settings import ExitSettings
from jackline.core.gate_settings import OpportunitySettings, RegimeSettings, Rule
from jackline.core.orders import PriceSource
from jackline.core.values import Fraction, Quote

HOUR_MS = 3_600_000
LOSING_STREAK_MAX = 3
"""The default of policy."""
RULE_TARGET_FRACTION = Fraction(Decimal("0.05"))
"""Take profit of rules that know no exit of their own."""
DRAWDOWN_MAX_FRACTION = Fraction(Decimal("0.20"))
"""Four days at the daily limit."""


class StopBasis(StrEnum):
    """What the stop distance is a fraction of.

    `EQUITY` counts from what the trade is worth, so it needs a size that does not depend on the stop.
    """

    PRICE = "price"
    MARGIN = "margin"
    EQUITY = "equity"


class SizeMode(StrEnum):
    """Where the size of a trade begins; budget and cap only shrink it.

    `RISK`: as large as the loss at the stop allows. `SIGNAL`: by the confidence of the signal. `FIXED`: a notional.
    """

    RISK = "risk"
    SIGNAL = "signal"
    FIXED = "fixed"


class CapBasis(StrEnum):
    """What the size cap bounds: the notional of a trade, or the margin it binds."""

    NOTIONAL = "notional"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSettings:
    """How far a stop stands from the fill.

    Attributes:
        value_fraction: distance as a fraction of `basis`.
        noise_multiple: the distance must be at least this many times (spread + round-trip fees + noise).
        liquidation_share_max: stop distance ≤ this share of the distance to liquidation (P7).
    """

    basis: StopBasis = StopBasis.PRICE
    value_fraction: Fraction = Fraction(Decimal("0.015"))
    distance_min_fraction: Fraction = Fraction(Decimal("0.001"))
    distance_max_fraction: Fraction = Fraction(Decimal("0.10"))
    noise_multiple: Decimal = Decimal(2)
    liquidation_share_max: Fraction = Fraction(Decimal("0.6"))
    price_source: PriceSource = PriceSource.MARK


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettings:
    """Size, costs, exits and entry timing of a trade.

    Attributes:
        size_fixed_quote: the notional of `SizeMode.FIXED`; no other mode reads it.
        size_cap_fraction: of equity, in `size_cap_basis`: the most that one trade is worth, or binds.
        collar_fraction: an entry may fill at most this far beyond mark.
        entry_patience_ms: how long after the decision an entry may still be signed (rule 3).
        entry_receive_window_ms: how long after signing the venue may execute it; short on purpose.
        slippage_fraction: stressed slippage of the stop, part of the risk budget.
        daily_loss_max_fraction: of the day's first equity; a day's loss of it stops new risk (K5).
        losing_streak_max: closed trades in a row that may lose within a day; None counts them and stops nothing (K5).
        cooldown_ms: market time after a trade ended in which its symbol opens nothing.
        drawdown_max_fraction: of the highest equity ever seen, deposits apart; None bounds nothing (K5).
        heat_loss_max_fraction: of equity: what all open trades together lose at their disaster stops.
        heat_notional_max_fraction: of equity: what all open trades together are worth.
        slippage_adverse_max_fraction: of the close decided on: how far mark may have run away from it.
        bar_age_max_bars: a decision on a bar that completed longer ago opens nothing.
        size_weights: `SizeMode.SIGNAL` then looks at volatility, regime and the last results too.
        trades_per_symbol_max: entries that one position may be built of; 1 adds to none.
    """

    stop: StopSettings = StopSettings()
    leverage: int = 4
    risk_per_trade_fraction: Fraction = Fraction(Decimal("0.0075"))
    size_mode: SizeMode = SizeMode.RISK
    size_fixed_quote: Quote | None = None
    size_cap_fraction: Fraction = Fraction(Decimal("0.10"))
    size_cap_basis: CapBasis = CapBasis.NOTIONAL
    daily_loss_max_fraction: Fraction = Fraction(Decimal("0.05"))
    losing_streak_max: int | None = LOSING_STREAK_MAX
    equity_min_quote: Quote = Quote(Decimal(100))
    taker_fraction: Fraction = Fraction(Decimal("0.0005"))
    slippage_fraction: Fraction = Fraction(Decimal("0.002"))
    collar_fraction: Fraction = Fraction(Decimal("0.0025"))
    target_fraction: Fraction | None = None
    trailing_fraction: Fraction | None = None
    hold_max_ms: int = 8 * HOUR_MS
    cooldown_ms: int = 300_000
    entry_patience_ms: int = 1_000
    entry_receive_window_ms: int = 1_500
    drawdown_max_fraction: Fraction | None = DRAWDOWN_MAX_FRACTION
    heat_loss_max_fraction: Fraction = Fraction(Decimal("0.30"))
    heat_notional_max_fraction: Fraction = Fraction(Decimal(4))
    slippage_adverse_max_fraction: Fraction = Fraction(Decimal("0.005"))
    bar_age_max_bars: int = 2
    size_weights: Rule = Rule.OFF
    regime: RegimeSettings = RegimeSettings()
    opportunity: OpportunitySettings = OpportunitySettings()
    exits: ExitSettings = ExitSettings()
    trades_per_symbol_max: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptSettings:
    """What a position that nobody planned gets besides the default stop.

    Attributes:
        trailing_fraction: a W this far behind the best price seen since it was adopted; None: only D stands.
        leaves_whole_position: D is an order with a quantity, so that the one whole-position stop that a venue takes in
            a direction is left to whoever opened the position.
    """

    trailing_fraction: Fraction | None = None
    leaves_whole_position: bool = False


NOTHING_MORE = AdoptSettings()
"""The default stop alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionSettings:
    """Deadlines and periods of the promise, wire time.

    Attributes:
        protect_deadline_ms: first exposure → protected or flattening (P1).
        guard_exposed_ms: guard period while exposed; `guard_idle_ms` otherwise.
        full_listing_ms: period of a pass over every symbol's orders, while nothing is open.
        triggering_ms_max: how long a TRIGGERING stop counts as flattening.
        absence_gap_ms: two misses at least this far apart prove an order absent (O3).
        sweep_gap_ms: two flat snapshots at least this far apart allow a sweep (rule 7).
        clock_skew_ms_max: largest difference to the venue's clock that an entry may carry.
        snapshot_timeout_ms: a snapshot without an answer for this long is asked again; a late answer still counts.
        answer_timeout_ms: longer than any transport waits: a request without an answer is unknown.
        reread_ms: pause between two reads of the same thing.
        close_retry_ms: first pause between closing attempts; doubles up to `close_retry_ms_max`.
        close_retry_ms_max: half of what P1 leaves a position whose stop went; a venue that takes orders again is not
            let wait for longer.
        ratchet_gap_ms: at most one move of the working stop in this time.
        mark_age_ms_max: a mark older than this opens nothing.
    """

    protect_deadline_ms: int = 1_500
    guard_exposed_ms: int = 2_000
    guard_idle_ms: int = 5_000
    full_listing_ms: int = 60_000
    repair_allowance_ms: int = 3_000
    triggering_ms_max: int = 2_000
    absence_gap_ms: int = 1_000
    sweep_gap_ms: int = 3_000
    clock_skew_ms_max: int = 500
    fence_margin_ms: int = 1_000
    close_retry_ms: int = 250
    close_retry_ms_max: int = 2_500
    ratchet_gap_ms: int = 2_000
    ratchet_step_fraction: Fraction = Fraction(Decimal("0.0005"))
    snapshot_timeout_ms: int = 1_500
    mark_age_ms_max: int = 5_000
    answer_timeout_ms: int = 3_000
    reread_ms: int = 250

    @property
    def repair_deadline_ms(self) -> int:
        """A working stop ceased to work → protected or flattening again (P1)."""
        return self.guard_exposed_ms + self.repair_allowance_ms
