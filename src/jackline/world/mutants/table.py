"""The eighteen mutants."""

from __future__ import annotations

from jackline.world.mutants import entries, owners, stops, sweeps
from jackline.world.mutants.mutant import Mask, Mutant

_ONE_TRADE = Mask(name="one trade a symbol", patches=entries.ONE_TRADE_A_SYMBOL)
_SHORT_WINDOW = Mask(name="short receive window of entries", patches=entries.LONG_WINDOW)
_WATCHDOG = Mask(name="watchdog", patches=stops.WATCHDOG)
_ONE_WRITER = Mask(name="one writer a database file", patches=owners.ONE_WRITER_A_FILE)
_BALANCE = Mask(name="fills must balance", patches=sweeps.FILLS_BALANCE)
_SECOND_LOOK = Mask(name="second look at an unseen position", patches=sweeps.SECOND_LOOK)
_WHOLE = Mask(name="whole-position stop of adopted positions", patches=stops.WHOLE_POSITION)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="no_write_ahead_intent",
        removes="An entry waits until its intent is durable.",
        patches=entries.NO_INTENT,
        profile="crashes",
        seed=0,
    ),
    Mutant(
        name="journal_without_fsync",
        removes="A commit of the journal is on the platter.",
        patches=owners.NO_SYNC,
        profile="disk",
        seed=0,
    ),
    Mutant(
        name="blind_resend_of_entry",
        removes="An entry without an answer is not sent again.",
        patches=entries.RESEND,
        profile="slow",
        seed=0,
    ),
    Mutant(
        name="no_instance_lock",
        removes="The second engine of an account does not start.",
        patches=owners.NO_LEASE,
        masks=(_ONE_WRITER,),
        profile="twins",
        seed=0,
    ),
    Mutant(
        name="no_signal_dedupe",
        removes="A completed bar is told once.",
        patches=entries.BARS_TOLD_AGAIN,
        masks=(_ONE_TRADE,),
        profile="reconnects",
        seed=0,
    ),
    Mutant(
        name="kill_switch_ignored",
        removes="A raised kill level holds entries back and closes.",
        patches=owners.KILL_IGNORED,
        profile="kill",
        seed=0,
    ),
    Mutant(
        name="no_emergency_close",
        removes="A position that cannot be protected in time is closed.",
        patches=stops.NO_EMERGENCY_CLOSE,
        masks=(_WATCHDOG,),
        profile="stopless",
        seed=0,
    ),
    Mutant(
        name="cancel_old_before_new",
        removes="A working stop goes only after its successor is read back.",
        patches=stops.CANCEL_FIRST,
        profile="trails",
        seed=0,
    ),
    Mutant(
        name="disk_error_blocks_protection",
        removes="Nothing that reduces risk waits for the disk.",
        patches=stops.DISK_FIRST,
        profile="full",
        seed=0,
    ),
    Mutant(
        name="ratchet_from_the_journal_only",
        removes="After a restart the ratchet counts the stops that rest at the venue.",
        patches=stops.JOURNAL_RATCHET,
        profile="amnesia",
        seed=0,
    ),
    Mutant(
        name="orphan_sweep_on_one_snapshot",
        removes="A sweep follows two flat snapshots, seconds apart.",
        patches=sweeps.ONE_SNAPSHOT,
        masks=(_BALANCE, _SECOND_LOOK),
        profile="stale",
        seed=0,
    ),
    Mutant(
        name="sweep_ignores_open_intents",
        removes="While an entry is unresolved nothing is swept.",
        patches=sweeps.OPEN_INTENTS,
        masks=(_SHORT_WINDOW,),
        profile="late",
        seed=0,
    ),
    Mutant(
        name="no_expiry_fence",
        removes="An entry is dead only after its fence.",
        patches=entries.NO_FENCE,
        masks=(_SHORT_WINDOW,),
        profile="late",
        seed=0,
    ),
    Mutant(
        name="long_receive_window_on_entries",
        removes="The venue refuses an entry that arrives late.",
        patches=entries.LONG_WINDOW,
        profile="late",
        seed=0,
    ),
    Mutant(
        name="done_while_still_filling",
        removes="An entry is final only when the venue says so.",
        patches=entries.DONE_AT_FIRST_FILL,
        profile="slow_fills",
        seed=0,
    ),
    Mutant(
        name="old_snapshot_reused",
        removes="A snapshot older than the last mutation is discarded.",
        patches=sweeps.OLD_SNAPSHOT,
        profile="stale",
        seed=0,
    ),
    Mutant(
        name="size_from_the_order",
        removes="The quantity of a position is what the venue says, not what was ordered.",
        patches=stops.ORDERED_SIZE,
        profile="thin",
        seed=0,
    ),
    Mutant(
        name="adopted_position_not_resized",
        removes="The stop of an adopted position follows its size.",
        patches=stops.NOT_RESIZED,
        masks=(_WHOLE, _WATCHDOG),
        profile="adds",
        seed=0,
    ),
)
