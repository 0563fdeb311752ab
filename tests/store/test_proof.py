"""A protection proof written from a real store: its figures by hand, and every single change to the file is found."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core.machine import Phase
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import Price, WireMs
from jackline.engine.recorder import EndNote
from jackline.store.batch import Batch, JournalKind, JournalRow, prepare
from jackline.store.boot import open_store
from jackline.store.db import Db, open_reader, open_writer
from jackline.store.encode import encode
from jackline.store.errors import StoreDamaged
from jackline.store.host_disk import HostDisk
from jackline.store.journal import EMPTY, Head, link, read_head, write
from jackline.store.proof_file import Checked, NoProof, check_proof, write_proof
from tests.store.making import MARKET, NOW, adopted, row

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SINCE_MS = NOW + 5_000


def saved(trade: Trade, after_ms: int) -> Batch:
    kept = JournalRow(
        kind=JournalKind.TRADE,
        trade_id=trade.trade_id,
        wire_ms=WireMs(NOW + after_ms),
        market_ms=MARKET,
        body=encode(trade),
    )
    return Batch(rows=(kept,), trades=(trade,))


def ended(trade: Trade, after_ms: int) -> Batch:
    """As the recorder writes it."""
    note = encode(EndNote(reason=ExitReason.STOP))
    kept = JournalRow(
        kind=JournalKind.ENDED,
        trade_id=trade.trade_id,
        wire_ms=WireMs(NOW + after_ms),
        market_ms=MARKET,
        body=note,
    )
    return Batch(rows=(kept,))


def history() -> list[Batch]:
    """Two positions: one read back after 300 ms, naked again for 500 ms over a restart, stopped out; one that is closed
    because no stop came, and is naked still."""
    first = replace(
        adopted(1, Phase.EXPOSED), exposed_ms=WireMs(NOW + 1_000), first_exposed_ms=WireMs(NOW + 1_000)
    )
    rested = replace(
        first,
        phase=Phase.PROTECTED,
        exposed_ms=None,
        first_protected_ms=WireMs(NOW + 1_290),
        floor_price=Price(Decimal("99.10")),
    )
    lost = replace(rested, phase=Phase.EXPOSED, exposed_ms=WireMs(NOW + 4_000))
    recovered = replace(lost, exposed_ms=WireMs(NOW + 4_300), recovered=True)
    moved = replace(rested, floor_price=Price(Decimal("99.90")))
    flat = replace(moved, phase=Phase.SWEEPING)
    second = replace(
        adopted(2, Phase.EXPOSED), exposed_ms=WireMs(NOW + 7_000), first_exposed_ms=WireMs(NOW + 7_000)
    )
    closing_ = replace(second, phase=Phase.CLOSING)
    restarted = replace(closing_, exposed_ms=None, recovered=True)
    return [
        Batch(rows=(row("first"),)),
        saved(first, 1_000),
        saved(rested, 1_300),
        saved(lost, 4_000),
        saved(recovered, 4_300),
        saved(moved, 4_500),
        saved(flat, 6_000),
        ended(flat, 6_100),
        saved(second, 7_000),
        saved(closing_, 8_500),
        saved(restarted, 9_000),
    ]


@pytest.fixture
def db(tmp_path: Path) -> Db:
    return kept(tmp_path / "engine.db")


def kept(path: Path) -> Db:
    open_store(HostDisk(), path).close()
    with closing(open_writer(HostDisk(), path)) as writer:
        write(writer, link(EMPTY, [prepare(one) for one in history()]))
    return open_reader(HostDisk(), path)


def exported(
    db: Db, *, since_ms: int | None = None, key: Ed25519PrivateKey | None = KEY, anchor: Head | None = None
) -> bytes:
    parts: list[bytes] = []
    write_proof(db, parts.append, anchor=anchor, version="1", written_ms=NOW, since_ms=since_ms, key=key)
    return b"".join(parts)


@cache
def signed() -> bytes:
    with TemporaryDirectory() as directory, closing(kept(Path(directory) / "engine.db")) as db:
        return exported(db, anchor=read_head(db))


def checked(data: bytes) -> Checked:
    return check_proof(io.BytesIO(data))


def findings(data: bytes) -> list[str]:
    try:
        return checked(data).findings
    except NoProof as no:
        return [str(no)]


def test_it_says_when_each_position_was_naked(db: Db) -> None:
    with closing(db):
        found = checked(exported(db))
    assert found.findings == []
    first, second = found.positions
    assert (first.confirm_ms, first.naked_ms, first.reason) == (290, 800, "stop")
    assert [(one.from_ms - NOW, one.to_ms - NOW, one.ended_as) for one in first.naked] == [
        (1_000, 1_300, "protected"),
        (4_000, 4_500, "protected"),
    ]
    assert [(one.row, one.price) for one in first.stops] == [(3, "99.10"), (6, "99.90")]
    assert first.ended_ms == NOW + 6_100
    assert [(one.to_ms - one.from_ms, one.ended_as) for one in second.naked] == [(2_000, "open")]
    assert (second.confirm_ms, second.reason) == (None, None)
    summary = found.summary
    assert (summary.positions, summary.open, summary.never_protected) == (2, 1, 1)
    assert (summary.naked_ms, summary.naked_ms_longest) == (2_800, 2_000)


def test_of_a_later_part_the_row_before_it_is_named(db: Db) -> None:
    with closing(db):
        found = checked(exported(db, since_ms=SINCE_MS, key=None))
        nothing = checked(exported(db, since_ms=NOW * 2, key=None))
    assert found.findings == []
    assert found.begin.before.seq == 6
    assert [one.trade_id for one in found.positions][-1] == adopted(2).trade_id
    assert (nothing.findings, nothing.summary.rows) == ([], 0)


def test_a_signature_is_the_one_that_is_asked_for() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    assert check_proof(io.BytesIO(signed()), signer=KEY.public_key()).findings == []
    assert "another key" in check_proof(io.BytesIO(signed()), signer=other).findings[0]


def test_a_head_that_was_kept_finds_a_history_that_was_written_anew() -> None:
    head = checked(signed()).begin.head
    assert check_proof(io.BytesIO(signed()), kept=head).findings == []
    another = Head(seq=head.seq, hash="0" * 64)
    assert f"row {head.seq}:" in check_proof(io.BytesIO(signed()), kept=another).findings[0]


@pytest.mark.parametrize("seq", range(1, 12))
def test_the_row_is_named_that_was_changed_or_taken_or_moved(seq: int) -> None:
    lines = signed().splitlines(keepends=True)
    changed = [*lines]
    changed[seq] = changed[seq].replace(b"1760", b"1761", 1)
    taken = lines[:seq] + lines[seq + 1 :]
    assert findings(b"".join(changed))[0].startswith(f"row {seq}:")
    assert findings(b"".join(taken))[0].startswith(f"row {seq}:")
    if seq < 11:
        moved = [*lines]
        moved[seq], moved[seq + 1] = moved[seq + 1], moved[seq]
        assert findings(b"".join(moved))[0].startswith(f"row {seq}:")


def test_a_figure_that_is_not_that_of_its_rows_is_found_though_all_is_sealed_anew(db: Db) -> None:
    """Not by its hash: the figures are computed again."""
    import msgspec

    from jackline.store.journal import digest
    from jackline.store.proof_file import End

    with closing(db):
        *lines, last = exported(db, key=None).splitlines(keepends=True)
    end = msgspec.json.decode(last, type=End)
    kinder = msgspec.structs.replace(end.positions[0], naked_ms=0, naked=())
    forged = msgspec.structs.replace(end, positions=(kinder, *end.positions[1:]), hash="")
    forged = msgspec.structs.replace(forged, hash=digest(msgspec.structs.astuple(forged)))
    told = findings(b"".join([*lines, msgspec.json.encode(forged), b"\n"]))
    assert "800 ms naked" in told[0]
    assert kinder.trade_id in told[0]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_single_change_is_found(data: st.DataObject) -> None:
    whole = signed()
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    rest = data.draw(
        st.sampled_from(
            [byte + whole[at + 1 :], whole[at + 1 :], byte + whole[at:], b"", whole[at : at + 1] + whole[at:]]
        )
    )
    changed = whole[:at] + rest
    if changed != whole:
        assert findings(changed), f"byte {at}"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_lines_in_any_other_order_are_found(data: st.DataObject) -> None:
    lines = signed().splitlines(keepends=True)
    order = data.draw(st.permutations(range(len(lines))))
    if order != list(range(len(lines))):
        assert findings(b"".join(lines[index] for index in order))


def test_a_journal_that_does_not_hold_is_not_proven(db: Db) -> None:
    with closing(db):
        ahead = Head(seq=99, hash="0" * 64)
        with pytest.raises(StoreDamaged, match="rows 12 to 99"):
            exported(db, anchor=ahead)
        rewritten = Head(seq=5, hash="0" * 64)
        with pytest.raises(StoreDamaged, match="row 5: the journal was rewritten"):
            exported(db, anchor=rewritten)
