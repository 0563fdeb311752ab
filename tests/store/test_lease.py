from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jackline.core.values import WireMs
from jackline.engine.host import HostWorld
from jackline.store.errors import StoreDamaged
from jackline.store.host_disk import HostDisk
from jackline.store.lease import FENCE_FILE, LOCK_FILE, LeaseHeld, acquire, is_held
from tests.store.making import NOW

ROOT = Path(__file__).parents[2]
SECONDS = NOW // 1_000


@contextmanager
def holder(directory: Path) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.store.lease_holder", str(directory), str(NOW)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.owns("C3")
def test_a_second_engine_is_told_who_holds_the_lease(tmp_path: Path) -> None:
    lease = acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
    with holder(tmp_path) as process:
        answer = said(process)
    assert f"held by process {os.getpid()} on" in answer
    assert "mode paper" in answer
    assert "Fix: one engine per account" in answer
    lease.release()
    with holder(tmp_path) as process:
        assert said(process) == f"held {SECONDS + 1}\n"


@pytest.mark.owns("C3")
def test_the_lease_ends_with_its_process_and_the_next_one_says_so(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert said(process) == f"held {SECONDS}\n"
        seen = is_held(HostDisk(), tmp_path)
        assert seen is not None
        assert (seen.pid, seen.mode, seen.started_ms) == (process.pid, "paper", NOW)
        process.kill()
        process.wait()
        assert is_held(HostDisk(), tmp_path) is None
        lease = acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
        assert lease.took_over_from is not None
        assert lease.took_over_from.pid == process.pid
        assert lease.fence == SECONDS + 1
        lease.release()


def test_a_paused_holder_still_holds(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        said(process)
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(LeaseHeld) as caught:
            acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
        assert caught.value.holder.pid == process.pid
        assert is_held(HostDisk(), tmp_path) is not None


def test_an_orderly_end_is_no_crash(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        said(process)
        process.communicate()
    lease = acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
    assert lease.took_over_from is None
    lease.release()


def test_probing_does_not_take_the_lease_away(tmp_path: Path) -> None:
    assert is_held(HostDisk(), tmp_path) is None
    lease = acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
    assert is_held(HostDisk(), tmp_path) == is_held(HostDisk(), tmp_path) != None  # noqa: E711
    assert lease.is_intact()
    lease.release()
    assert is_held(HostDisk(), tmp_path) is None


def test_a_removed_lock_file_is_noticed(tmp_path: Path) -> None:
    lease = acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
    (tmp_path / LOCK_FILE).unlink()
    assert not lease.is_intact()
    lease.release()


@pytest.mark.parametrize(("step_s", "floor"), [(0, 0), (-9_000, 0), (60, 0), (0, SECONDS + 500)])
def test_a_fencing_number_never_repeats(step_s: int, floor: int, tmp_path: Path) -> None:
    first = acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
    first.release()
    second = acquire(
        HostDisk(),
        tmp_path,
        world=HostWorld(),
        mode="paper",
        wire_ms=WireMs(NOW + step_s * 1_000),
        fence_floor=floor,
    )
    second.release()
    assert second.fence > max(first.fence, floor)
    assert second.fence >= SECONDS + step_s


def test_a_damaged_fence_is_named_and_the_lease_is_free_again(tmp_path: Path) -> None:
    (tmp_path / FENCE_FILE).write_text("twelve\n")
    with pytest.raises(StoreDamaged, match="'twelve', not a whole number"):
        acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
    assert is_held(HostDisk(), tmp_path) is None


def test_a_lock_file_of_somebody_else_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("hello")
    lease = acquire(HostDisk(), tmp_path, world=HostWorld(), mode="paper", wire_ms=NOW)
    assert lease.took_over_from is not None
    assert lease.took_over_from.pid == 0
    lease.release()
