"""The heartbeat file: whole or absent, never half."""

from __future__ import annotations

from pathlib import Path

from jackline.engine import heartbeat
from jackline.engine.heartbeat import Heartbeat
from jackline.store.host_disk import HostDisk

BEAT = Heartbeat(
    pid=1,
    wire_ms=2,
    market_ms=3,
    turns=4,
    inbox=5,
    loop_lag_ms=6,
    journal_lag_ms=7,
    ready=True,
    at_risk=False,
    unheard_since_ms=0,
)


def test_L2_a_beat_reads_back_as_written(tmp_path: Path) -> None:
    heartbeat.write(HostDisk(), tmp_path, BEAT)
    assert heartbeat.read(HostDisk(), tmp_path) == BEAT


def test_L2_no_beat_and_a_torn_beat_are_no_beat(tmp_path: Path) -> None:
    assert heartbeat.read(HostDisk(), tmp_path) is None
    (tmp_path / "heartbeat.json").write_text('{"pid": 1, "wire')
    assert heartbeat.read(HostDisk(), tmp_path) is None
    (tmp_path / "heartbeat.json").write_text('{"pid": 1}')
    assert heartbeat.read(HostDisk(), tmp_path) is None
