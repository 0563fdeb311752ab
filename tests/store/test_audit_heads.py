"""Heads of the audit that are kept by themselves, and what a later look makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.values import WireMs
from jackline.store.audit import Act, record, verify
from jackline.store.audit_heads import (
    DAY_MS,
    NoHeads,
    Why,
    export,
    heads_path,
    read_heads,
    until_next_day_ms,
)
from jackline.store.errors import StoreDamaged
from tests.store.access_making import store_in

pytestmark = pytest.mark.owns("S2")

NOON = WireMs(1_795_262_400_000)


def act(what: str) -> Act:
    return Act(wire_ms=NOON, actor="cli:test", what=what)


def test_S2_a_head_is_a_line_and_a_later_look_finds_it_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    kept = []
    for why in Why:
        record(store, act(why))
        kept.append(export(store, wire_ms=NOON, why=why))
    text = heads_path(store).read_text()
    assert text.splitlines()[0] == f"2026-11-21T12:00:00+00:00 1:{kept[0].hash} start"
    assert heads_path(store).stat().st_mode & 0o077 == 0
    assert list(read_heads(store.disk, heads_path(store))) == kept
    assert verify(store, kept=kept).seq == len(kept)


def test_S2_an_audit_that_was_made_anew_is_not_the_one_whose_heads_were_kept(tmp_path: Path) -> None:
    store = store_in(tmp_path / "old")
    record(store, act("token.create"))
    record(store, act("token.revoke"))
    heads = (export(store, wire_ms=NOON, why=Why.DAY),)
    anew = store_in(tmp_path / "new")
    record(anew, act("token.create"))
    with pytest.raises(StoreDamaged, match="there was a row 2"):
        verify(anew, kept=heads)
    record(anew, act("nothing of the kind"))
    with pytest.raises(StoreDamaged, match="row 2 is not the one"):
        verify(anew, kept=heads)


def test_a_torn_last_line_is_left_out_and_a_strange_one_is_told(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    record(store, act("token.create"))
    kept, path = export(store, wire_ms=NOON, why=Why.DAY), heads_path(store)
    with path.open("a") as file:
        file.write("2026-11-22T00:00:00+00:00 1:ab")
    assert read_heads(store.disk, path) == (kept,)
    with path.open("a") as file:
        file.write("cd\n")
    with pytest.raises(NoHeads, match=r"line 2: no head of an audit\. Fix: "):
        read_heads(store.disk, path)


@given(st.integers(0, 4_102_444_800_000))
def test_the_next_day_is_the_next_midnight_and_never_now(wire_ms: int) -> None:
    left_ms = until_next_day_ms(WireMs(wire_ms))
    assert 0 < left_ms <= DAY_MS
    assert (wire_ms + left_ms) % DAY_MS == 0
