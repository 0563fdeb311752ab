"""The heartbeat file: whole or absent, never half."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jackline.core.values import Symbol, WireMs
from jackline.engine import heartbeat
from jackline.engine.heartbeat import STALE_MS, Heartbeat
from jackline.engine.host import HostWorld
from jackline.engine.process import leave_to_holder
from jackline.store.host_disk import HostDisk
from jackline.store.lease import LOCK_FILE, LeaseHeld, acquire

BEAT = Heartbeat(
    pid=1,
    wire_ms=2,
    market_ms=3,
    turns=4,
    inbox=5,
    loop_lag_ms=6,
    journal_lag_ms=7,
    ready=True,
    risky=(),
    unheard_since_ms=0,
)


def test_L2_a_beat_reads_back_as_written(tmp_path: Path) -> None:
    risky = replace(BEAT, risky=(Symbol("BTCUSDT"), Symbol("ETHUSDT")))
    for beat in (BEAT, risky):
        heartbeat.write(HostDisk(), tmp_path, beat)
        assert heartbeat.read(HostDisk(), tmp_path) == beat
    assert (BEAT.at_risk, risky.at_risk) == (False, True)


def test_L2_no_beat_and_a_torn_beat_are_no_beat(tmp_path: Path) -> None:
    assert heartbeat.read(HostDisk(), tmp_path) is None
    (tmp_path / "heartbeat.json").write_text('{"pid": 1, "wire')
    assert heartbeat.read(HostDisk(), tmp_path) is None
    (tmp_path / "heartbeat.json").write_text('{"pid": 1}')
    assert heartbeat.read(HostDisk(), tmp_path) is None


@pytest.mark.owns("C3", "K2")
def test_C3_a_start_beside_an_engine_that_makes_progress_ends_before_it_asks_the_venue(
    tmp_path: Path,
) -> None:
    """Beside one that does not it goes on: it protects first, and is refused the lease after (P1)."""
    disk, now = HostDisk(), WireMs(1_000_000)
    leave_to_holder(disk, tmp_path, now)
    lease = acquire(disk, tmp_path, world=HostWorld(), mode="paper", wire_ms=now)
    leave_to_holder(disk, tmp_path, now)
    heartbeat.write(disk, tmp_path, replace(BEAT, wire_ms=now - STALE_MS - 1))
    leave_to_holder(disk, tmp_path, now)
    heartbeat.write(disk, tmp_path, replace(BEAT, wire_ms=now))
    with pytest.raises(LeaseHeld):
        leave_to_holder(disk, tmp_path, now)
    lease.release()
    leave_to_holder(disk, tmp_path, now)


@pytest.mark.owns("P1")
def test_P1_a_lock_that_cannot_be_read_does_not_keep_a_start_from_protecting(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).mkdir()
    leave_to_holder(HostDisk(), tmp_path, WireMs(1_000_000))
