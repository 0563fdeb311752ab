"""Everything the world can do to an account, its processes, disk, clock, network and market: names and layers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Layer(StrEnum):
    """Where a fault strikes."""

    NETWORK = "network"
    VENUE = "venue"
    MARKET = "market"
    PROCESS = "process"
    DISK = "disk"
    CLOCK = "clock"
    OPERATOR = "operator"


class Kind(StrEnum):
    """One fault or act. Most last for a while, some are a moment."""

    # network
    CUT_REST = "cut_rest"
    CUT_STREAMS = "cut_streams"
    CUT_ALL = "cut_all"
    SILENT_REST = "silent_rest"
    SILENT_STREAMS = "silent_streams"
    SILENT_ALL = "silent_all"
    SLOW_NETWORK = "slow_network"
    LOSSY = "lossy"
    RESETS = "resets"
    # venue
    OVERLOADED = "overloaded"
    BAN = "ban"
    RATE_LIMITED = "rate_limited"
    WINDOW_FULL = "window_full"
    MAINTENANCE = "maintenance"
    REFUSES = "refuses"
    CONDITIONAL_DOWN = "conditional_down"
    CONDITIONAL_SLOW = "conditional_slow"
    TYPE_WITHDRAWN = "type_withdrawn"
    STOP_DROPPED = "stop_dropped"
    STOP_EXPIRED = "stop_expired"
    STICKY_TRIGGERING = "sticky_triggering"
    REJECTED_AT_TRIGGER = "rejected_at_trigger"
    CHILD_PART_FILLED = "child_part_filled"
    READ_LAG = "read_lag"
    EVENTS_MISSING = "events_missing"
    EVENTS_TWICE = "events_twice"
    BARS_MISSING = "bars_missing"
    KEY_FORGOTTEN = "listen_key_forgotten"
    HANG_UP = "sockets_closed"
    HALTED = "halted"
    TICK_CHANGED = "tick_changed"
    BAND = "price_band"
    SLOW_FILLS = "slow_fills"
    IMMEDIATE_RESTS = "immediate_orders_rest"
    # market
    JUMP = "jump"
    THROUGH_STOP = "gap_through_stop"
    TOUCH_STOP = "touch_stop_by_a_tick"
    THROUGH_TARGET = "gap_over_target"
    MARK_APART = "mark_apart"
    SPREAD = "spread_blow_out"
    EMPTY_BOOK = "empty_book"
    THIN_BOOK = "thin_book"
    CASCADE = "liquidation_cascade"
    ADL = "auto_deleveraging"
    FUNDING = "funding"
    # process
    KILL_ENGINE = "kill_engine"
    KILL_WATCHDOG = "kill_watchdog"
    KILL_BOTH = "kill_both"
    KILL_AT_REQUEST = "kill_at_request"
    KILL_AT_STEP = "kill_at_step"
    CANCEL_ENGINE = "cancel_engine"
    STOP_ENGINE = "stop_engine"
    STOP_WATCHDOG = "stop_watchdog"
    PAUSE_ENGINE = "pause_engine"
    PAUSE_WATCHDOG = "pause_watchdog"
    SECOND_ENGINE = "second_engine"
    NO_WATCHDOG = "no_watchdog"
    NO_ENGINE = "no_engine"
    ANSWERS_AND_DIES = "answers_and_dies"
    # disk
    POWER_CUT = "power_cut"
    DISK_FULL = "disk_full"
    READ_ONLY = "disk_read_only"
    SLOW_DISK = "slow_disk"
    SYNC_FAILS = "sync_fails"
    PAGE_CORRUPTED = "page_corrupted"
    TAIL_CUT = "tail_cut"
    OLD_BACKUP = "old_backup"
    LOST_DISK = "lost_disk"
    # clock
    CLOCK_STEP = "clock_step"
    SLEEPS = "host_asleep"
    CLOCK_DRIFT = "clock_drift"
    # operator
    OPENS_BY_HAND = "opened_by_hand"
    ADDS_BY_HAND = "added_by_hand"
    CLOSES_BY_HAND = "closed_by_hand"
    FLIPS_BY_HAND = "flipped_by_hand"
    REENTERS_BY_HAND = "closed_and_opened_again_by_hand"
    BRINGS_ORDERS = "stop_and_target_by_hand"
    CANCELS_STOP = "stop_cancelled_by_hand"
    PLACES_STOP = "useless_stop_by_hand"
    SETS_LEVERAGE = "leverage_changed"
    SETS_MODE = "mode_changed"
    SETS_MARGIN = "margin_type_changed"
    DEPOSITS = "deposit"
    WITHDRAWS = "withdrawal"
    KEY_REVOKED = "key_revoked"
    KILLS = "kill_switch"
    CLOSES_ALL = "close_all"
    RECONFIGURES = "configuration_changed"
    ASKS_ORDER = "order_asked"
    DROPS_ORDER = "order_dropped"
    TIGHTENS = "stop_tightened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that will happen.

    Attributes:
        at_s: virtual seconds after the start.
        lasts_s: for how long, where it lasts.
        size: how strong, 0 … 1; each kind has its own scale.
        pick: which symbol, code, direction …, 0 … 1.
    """

    at_s: float
    kind: Kind
    lasts_s: float
    size: float
    pick: float
