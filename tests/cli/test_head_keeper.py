"""Heads of the audit are kept around whatever serves; that one cannot be kept stops nobody."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from jackline.cli.head_keeper import heads_kept, signals_held
from jackline.store.audit_heads import heads_path, read_heads
from jackline.store.tokens import Scope
from tests.store.access_making import made, store_in


@pytest.mark.owns("S2")
async def test_S2_a_head_is_kept_before_and_after(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made(store, scope=Scope.READ)
    async with heads_kept(store):
        made(store, name="desk", scope=Scope.ADMIN)
    assert [head.seq for head in read_heads(store.disk, heads_path(store))] == [1, 2]


async def test_a_head_that_cannot_be_kept_stops_nobody(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made(store)
    heads_path(store).mkdir()
    served = False
    async with heads_kept(store):
        served = True
    assert served


def test_a_signal_is_obeyed_behind_what_must_be_kept() -> None:
    said: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: said.append("ended"))
    try:
        with signals_held():
            signal.raise_signal(signal.SIGTERM)
            said.append("kept")
        assert said == ["kept", "ended"]
    finally:
        signal.signal(signal.SIGTERM, before)
