"""The eighteen mutants."""

from __future__ import annotations

from jackline.world.mutants import entries, owners, stops, sweeps
from jackline.world.mutants.mutant import Mask, Mutant

_ONE_TRADE = Mask(name="one trade a symbol", patches=entries.ONE_TRADE_A_SYMBOL)
_SHORT_WINDOW = Mask(name="short receive window of entries", patches=entries.FENCED_WINDOW)
_PATIENCE = Mask(name="an entry is waited for beyond its window", patches=entries.PATIENT_WAIT)
_TWO_LOOKS = Mask(name="two flat snapshots", patches=sweeps.ONE_SNAPSHOT)
_ENTRY_CANCELLED = Mask(name="a sweep cancels an open entry", patches=sweeps.ENTRY_CANCELLED)
_TICKET = Mask(name="entries expire at the request gate", patches=entries.TICKET_EXPIRY)
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
        codes=frozenset({"O4"}),
        profile="crashes",
        seed=0,
        swarm_seed=0,
    ),
    Mutant(
        name="journal_without_fsync",
        removes="A commit of the journal is on the platter.",
        patches=owners.NO_SYNC,
        codes=frozenset({"O4"}),
        profile="disk",
        seed=0,
        swarm_seed=0,
    ),
    Mutant(
        name="blind_resend_of_entry",
        removes="An entry without an answer is not sent again.",
        patches=entries.RESEND,
        masks=(_TICKET,),
        codes=frozenset({"O1"}),
        profile="lossy",
        seed=1,
        swarm_seed=3,
    ),
    Mutant(
        name="no_instance_lock",
        removes="The second engine of an account does not start.",
        patches=owners.NO_LEASE,
        masks=(_ONE_WRITER,),
        codes=frozenset({"C3"}),
        profile="twins",
        seed=0,
    ),
    Mutant(
        name="no_signal_dedupe",
        removes="A completed bar is told once.",
        patches=entries.BARS_TOLD_AGAIN,
        masks=(_ONE_TRADE,),
        codes=frozenset({"O1"}),
        profile="reconnects",
        seed=0,
    ),
    Mutant(
        name="kill_switch_ignored",
        removes="A raised kill level holds entries back and closes.",
        patches=owners.KILL_IGNORED,
        codes=frozenset({"K1", "K3"}),
        profile="kill",
        seed=0,
        swarm_seed=0,
    ),
    Mutant(
        name="no_emergency_close",
        removes="A position that cannot be protected in time is closed.",
        patches=stops.NO_EMERGENCY_CLOSE,
        masks=(_WATCHDOG,),
        codes=frozenset({"P1"}),
        profile="stopless",
        seed=5,
        swarm_seed=79,
    ),
    Mutant(
        name="cancel_old_before_new",
        removes="A working stop goes only after its successor is read back.",
        patches=stops.CANCEL_FIRST,
        codes=frozenset({"P4", "P5"}),
        profile="trails",
        seed=0,
        swarm_seed=3,
    ),
    Mutant(
        name="disk_error_blocks_protection",
        removes="Nothing that reduces risk waits for the disk.",
        patches=stops.DISK_FIRST,
        masks=(_WATCHDOG,),
        codes=frozenset({"P1"}),
        profile="full",
        seed=7,
    ),
    Mutant(
        name="ratchet_from_the_journal_only",
        removes="After a restart the ratchet counts the stops that rest at the venue.",
        patches=stops.JOURNAL_RATCHET,
        codes=frozenset({"P4"}),
        profile="amnesia",
        seed=6,
    ),
    Mutant(
        name="orphan_sweep_on_one_snapshot",
        removes="A sweep follows two flat snapshots, seconds apart.",
        patches=sweeps.ONE_SNAPSHOT,
        masks=(_BALANCE, _SECOND_LOOK),
        codes=frozenset({"P1", "P5"}),
        profile="lagging",
        seed=2,
    ),
    Mutant(
        name="sweep_ignores_open_intents",
        removes="While an entry is unresolved nothing is swept.",
        patches=sweeps.OPEN_INTENTS,
        masks=(_SHORT_WINDOW, _PATIENCE, _TWO_LOOKS),
        codes=frozenset({"O3", "P1", "P5"}),
        profile="late",
        seed=1,
    ),
    Mutant(
        name="no_expiry_fence",
        removes="An entry is dead only after its fence.",
        patches=entries.NO_FENCE,
        masks=(_SHORT_WINDOW, _PATIENCE),
        codes=frozenset({"O3"}),
        profile="late",
        seed=7,
    ),
    Mutant(
        name="long_receive_window_on_entries",
        removes="The venue refuses an entry that arrives late.",
        patches=entries.LONG_WINDOW,
        codes=frozenset({"O3"}),
        profile="late",
        seed=4,
    ),
    Mutant(
        name="done_while_still_filling",
        removes="An entry is final only when the venue says so.",
        patches=entries.DONE_AT_FIRST_FILL,
        masks=(_ENTRY_CANCELLED,),
        codes=frozenset({"O3", "P1"}),
        profile="slow_fills",
        seed=1,
    ),
    Mutant(
        name="old_snapshot_reused",
        removes="A snapshot older than the last mutation is discarded.",
        patches=sweeps.OLD_SNAPSHOT,
        masks=(_TWO_LOOKS, _BALANCE, _SECOND_LOOK),
        codes=frozenset({"P1", "P4", "P5"}),
        profile="overtaken",
        seed=1,
    ),
    Mutant(
        name="size_from_the_order",
        removes="The quantity of a position is what the venue says, not what was ordered.",
        patches=stops.ORDERED_SIZE,
        codes=frozenset({"K3", "L1", "P1"}),
        profile="thin",
        seed=2,
    ),
    Mutant(
        name="adopted_position_not_resized",
        removes="The stop of an adopted position follows its size.",
        patches=stops.NOT_RESIZED,
        masks=(_WHOLE, _WATCHDOG),
        codes=frozenset({"P1"}),
        profile="adds",
        seed=0,
    ),
)
