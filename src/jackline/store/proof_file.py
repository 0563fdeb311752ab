"""The protection proof as a file: journal rows with their chain, what they say of each position, and a signature.

Lines of canonical JSON. The first says where the chain begins and ends, then comes a line for each row, then the end
with the figures, then the signature where there is one. Each line is sealed by a hash in it, and by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jackline.store.db import Db, Row
from jackline.store.errors import BodyUnreadable, StoreDamaged, StoreError
from jackline.store.journal import EMPTY, Head, digest, read_head
from jackline.store.proof import Position, Positions, Summary

FORMAT = 1
LINE_BYTES_MAX = 64 * 1_024 * 1_024
"""Far above the figures of any account; a longer line is not read into memory."""
FINDINGS_MAX = 20
"""The first ones explain the rest."""
ROWS_AT_ONCE = 5_000
_SIGNED = b"jackline proof 1 "
_ROW = tuple[int, int, int, str, str | None, str, str, str, str]
_FIRST_SINCE = "SELECT min(seq) FROM journal WHERE wire_ms >= ?"
_BEFORE = "SELECT seq, hash FROM journal WHERE seq = ?"
_ROWS = "SELECT * FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"


class NoProof(StoreError):
    """The file is no proof that this program reads."""


class Begin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line.

    Attributes:
        since_ms: rows before this wire time were left out; None where none were.
        before: the row that the first one follows on.
        head: the last row of the journal as it was written.
        anchor: the note beside the store of how far its journal had got.
        signed_by: public key in hexadecimal; None where it is not signed.
    """

    proof: int
    version: str
    written_ms: int
    since_ms: int | None
    before: Head
    head: Head
    anchor: Head | None
    signed_by: str | None
    hash: str = ""


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line behind the rows. `begin` is the hash of the first line."""

    positions: tuple[Position, ...]
    summary: Summary
    begin: str
    hash: str = ""


_Sealed = TypeVar("_Sealed", Begin, End)


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ed25519 over the hash of the end, in hexadecimal."""

    signature: str


@dataclass(slots=True, kw_only=True)
class Checked:
    """What a check came to. `findings` is empty of a proof that holds; each names its row, or its line."""

    begin: Begin
    summary: Summary
    positions: tuple[Position, ...] = ()
    findings: list[str] = field(default_factory=list)

    def finds(self, text: str) -> None:
        """Note what is wrong."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(text)


def public_hex(key: Ed25519PublicKey) -> str:
    """The raw public key in hexadecimal."""
    return key.public_bytes_raw().hex()


def write_proof(
    db: Db,
    write: Callable[[bytes], object],
    *,
    anchor: Head | None,
    version: str,
    written_ms: int,
    since_ms: int | None,
    key: Ed25519PrivateKey | None,
) -> End:
    """Write the rows of a store, seen at one moment, as a proof. Raises StoreDamaged where the chain does not hold."""
    head = read_head(db)
    if anchor is not None and anchor.seq > head.seq:
        raise _damaged(f"rows {head.seq + 1} to {anchor.seq} were written and are gone")
    before = _before(db, since_ms, head)
    begin = _sealed(
        Begin(
            proof=FORMAT,
            version=version,
            written_ms=written_ms,
            since_ms=since_ms,
            before=before,
            head=head,
            anchor=anchor,
            signed_by=None if key is None else public_hex(key.public_key()),
        )
    )
    write(_line(begin))
    positions, reached = Positions(), before
    for row in _rows(db, before, head):
        wrong = _wrong(row, reached, anchor)
        if wrong:
            raise _damaged(wrong)
        try:
            positions.take(row)
        except (BodyUnreadable, msgspec.MsgspecError) as error:
            raise _damaged(f"row {row[0]}: {error}") from error
        write(_line(row))
        reached = Head(seq=row[0], hash=row[-1])
    if reached != head:
        raise _damaged(f"the journal ends at row {reached.seq}, its head says row {head.seq}")
    found = positions.found()
    end = _sealed(End(positions=found, summary=positions.summary(found), begin=begin.hash))
    write(_line(end))
    if key is not None:
        write(_line(Signature(signature=key.sign(_SIGNED + end.hash.encode()).hex())))
    return end


def check_proof(
    file: BinaryIO, *, signer: Ed25519PublicKey | None = None, kept: Head | None = None
) -> Checked:
    """Compute everything again. Raises NoProof where the first line is none of a proof's.

    Args:
        file: the proof, from its beginning.
        signer: whose signature it must carry.
        kept: a head that was kept elsewhere: the row of that number must have that hash.
    """
    lines = _lines(file)
    begin = _begin(next(lines, b""))
    positions = Positions()
    checked = Checked(begin=begin, summary=positions.summary(()))
    if _sealed(begin) != begin:
        checked.finds("line 1: the first line is not the one that was written")
    if begin.since_ms is None and begin.before != EMPTY:
        checked.finds("line 1: it leaves rows out and does not say so")
    reached, last, has_kept = begin.before, b"", kept is None or kept == begin.before
    for number, line in enumerate(lines, start=2):
        if line.startswith(b"{"):
            last = line
            break
        row = _row(line)
        if row is None:
            checked.finds(f"row {reached.seq + 1} (line {number}): not a row of a journal")
            continue
        wrong = _wrong(row, reached, begin.anchor)
        if wrong:
            checked.finds(wrong)
        if kept is not None and kept.seq == row[0]:
            has_kept = kept.hash == row[-1]
        reached = Head(seq=row[0], hash=row[-1])
        _take(positions, row, checked)
    if reached != begin.head:
        checked.finds(f"row {begin.head.seq}: it should be the last one, and row {reached.seq} is")
    if not has_kept and kept is not None:
        checked.finds(f"row {kept.seq}: it is not the one whose hash was kept elsewhere")
    checked.positions = positions.found()
    checked.summary = positions.summary(checked.positions)
    _check_end(last, lines, checked, signer)
    return checked


def _take(positions: Positions, row: Row, checked: Checked) -> None:
    try:
        positions.take(row)
    except (BodyUnreadable, msgspec.MsgspecError) as error:
        checked.finds(f"row {row[0]}: its body cannot be read: {error}")


def _check_end(line: bytes, rest: Iterator[bytes], checked: Checked, signer: Ed25519PublicKey | None) -> None:
    """The end, the figures in it, its signature, and that nothing stands behind it."""
    begin = checked.begin
    try:
        end = msgspec.json.decode(line, type=End)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        checked.finds("the end: it is cut off, or not the one that was written")
        return
    if _line(end) != line or _sealed(end) != end or end.begin != begin.hash:
        checked.finds("the end: it is not the one that was written")
    if not checked.findings:
        _check_figures(end, checked)
    signature = next(rest, b"") if begin.signed_by is not None else b""
    if begin.signed_by is not None and not _is_signed(begin.signed_by, end.hash, signature):
        checked.finds("the signature: it is missing, or not of this proof")
    if signer is not None and begin.signed_by != public_hex(signer):
        checked.finds("the signature: it is missing, or of another key than the one that was given")
    if next(rest, None) is not None:
        checked.finds("the end: something stands behind it")


def _check_figures(end: End, checked: Checked) -> None:
    told = {one.trade_id: one for one in end.positions}
    for found in checked.positions:
        if told.pop(found.trade_id, None) != found:
            checked.finds(
                f"rows {found.first_row} to {found.last_row}, position {found.trade_id}: the figures are not"
                f" those of its rows, which say {found.naked_ms} ms naked"
            )
    for strange in told:
        checked.finds(f"position {strange}: no row tells of it")
    if not checked.findings and (end.positions != checked.positions or end.summary != checked.summary):
        checked.finds("the end: its sums are not those of the positions")


def _is_signed(signed_by: str, hash_: str, line: bytes) -> bool:
    try:
        said = msgspec.json.decode(line, type=Signature)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed_by))
        key.verify(bytes.fromhex(said.signature), _SIGNED + hash_.encode())
    except (msgspec.MsgspecError, ValueError, InvalidSignature):
        return False
    return _line(said) == line


def _wrong(row: Row, before: Head, anchor: Head | None) -> str:
    """What is wrong with a row behind `before`; empty where nothing is."""
    seq = row[0]
    if seq != before.seq + 1:
        return f"row {before.seq + 1}: it is missing, and row {seq} stands in its place"
    if digest(row[:-1]) != row[-1]:
        return f"row {seq}: it is not the one that was written, its hash does not follow from it"
    if row[-2] != before.hash:
        return f"row {seq}: it does not follow on row {before.seq}, one of the two is another one"
    if anchor is not None and anchor.seq == seq and anchor.hash != row[-1]:
        return f"row {seq}: the journal was rewritten, this row once had another hash"
    return ""


def _row(line: bytes) -> Row | None:
    """A row, written as this program writes it and in no other way."""
    try:
        row: Row = msgspec.json.decode(line, type=_ROW)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return row if _line(row) == line else None


def _begin(line: bytes) -> Begin:
    try:
        begin = msgspec.json.decode(line, type=Begin)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NoProof("line 1: this is no protection proof, or its first line was changed") from None
    if begin.proof != FORMAT:
        raise NoProof(f"line 1: a proof of format {begin.proof}, this program reads {FORMAT}")
    if _line(begin) != line:
        raise NoProof("line 1: the first line is not written as it was")
    return begin


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines with their ends; the last one may lack it."""
    while line := file.readline(LINE_BYTES_MAX):
        yield line


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _sealed(value: _Sealed) -> _Sealed:
    """With the hash over all of it but that hash."""
    bare = msgspec.structs.replace(value, hash="")
    return msgspec.structs.replace(bare, hash=digest(msgspec.structs.astuple(bare)))


def _before(db: Db, since_ms: int | None, head: Head) -> Head:
    """The row in front of the first that was written at or after a time; the head where there is none."""
    if since_ms is None:
        return EMPTY
    first = db.run(_FIRST_SINCE, (since_ms,))[0][0]
    if first is None:
        return head
    rows = db.run(_BEFORE, (first - 1,))
    return Head(seq=rows[0][0], hash=rows[0][1]) if rows else EMPTY


def _rows(db: Db, before: Head, head: Head) -> Iterator[Row]:
    last = before.seq
    while rows := db.run(_ROWS, (last, head.seq, ROWS_AT_ONCE)):
        yield from rows
        last = rows[-1][0]


def _damaged(what: str) -> StoreDamaged:
    return StoreDamaged(
        what=what, where="table journal", fix="see what else is wrong: jackline db verify --config FILE"
    )
