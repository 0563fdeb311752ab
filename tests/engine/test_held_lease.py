"""The lease page between a worker and the processes of an account: torn, missing, lost, and of another life."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jackline.core.standing import Hold, Moment, Standing, Terms, certain_until
from jackline.engine.held_lease import HeldLease
from jackline.engine.host import lease_moment
from jackline.store import lease_page
from jackline.store.host_disk import HostDisk
from jackline.store.lease_page import LeasePage

DISK = HostDisk()
ASKED = Moment(steady_ms=1_000, wire_ms=2_000)
HOLD = Hold(number=7, until=certain_until(ASKED, Terms.of(10_000)), said=ASKED)
PAGE = LeasePage(account="a", hold=HOLD, terms=Terms.of(10_000))


def held(directory: Path) -> HeldLease:
    return HeldLease(disk=DISK, directory=directory, number=7, now=lambda: ASKED)


@pytest.mark.owns("C3")
def test_C3_without_a_page_nothing_leaves_and_a_page_that_tears_changes_nothing(tmp_path: Path) -> None:
    reader = held(tmp_path)
    assert reader.standing() is Standing.UNASKED
    lease_page.write(DISK, tmp_path, PAGE)
    assert reader.standing() is Standing.HELD
    path = tmp_path / lease_page.FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:300] + b"9" + whole[301:])
    assert lease_page.read(DISK, tmp_path) is None
    assert reader.standing() is Standing.HELD
    assert held(tmp_path).standing() is Standing.UNASKED


@pytest.mark.owns("C3")
@pytest.mark.parametrize(
    "over", [replace(HOLD, lost_to="number 8, worker b"), replace(HOLD, number=8)], ids=["lost", "later"]
)
def test_C3_lost_is_for_good(tmp_path: Path, over: Hold) -> None:
    reader = held(tmp_path)
    lease_page.write(DISK, tmp_path, replace_hold(over))
    assert reader.standing() is Standing.LOST
    assert "8" in reader.lost_to
    lease_page.write(DISK, tmp_path, PAGE)
    assert reader.standing() is Standing.LOST


def replace_hold(hold: Hold) -> LeasePage:
    return LeasePage(account="a", hold=hold, terms=Terms.of(10_000))


def test_a_page_is_written_over_in_place(tmp_path: Path) -> None:
    lease_page.write(DISK, tmp_path, PAGE)
    before = (tmp_path / lease_page.FILE).stat()
    lease_page.write(DISK, tmp_path, replace_hold(replace(HOLD, lost_to="x" * 100)))
    after = (tmp_path / lease_page.FILE).stat()
    assert (before.st_ino, before.st_size) == (after.st_ino, after.st_size)
    assert before.st_mode & 0o077 == 0


def test_the_steady_clock_goes_on() -> None:
    first, second = lease_moment(), lease_moment()
    assert first.steady_ms <= second.steady_ms < first.steady_ms + 10_000
