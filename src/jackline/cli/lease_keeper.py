"""The thread that keeps a worker's leases: it alone asks the database, and nobody's event loop ever waits for it.

It renews all leases in one statement, looks for accounts that nobody holds, and writes what it knows onto the page of
each account, which is all that engine and watchdog go by. A page that is not written any more runs out by itself.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from jackline.cli.claim_plan import Claimed, plan_claims
from jackline.core.standing import Hold, Moment, Terms, certain_until
from jackline.engine.host import lease_moment
from jackline.store import fleet, lease_page
from jackline.store.db import Db
from jackline.store.errors import StoreError
from jackline.store.fleet import Me
from jackline.store.host_disk import HostDisk
from jackline.store.lease_page import LeasePage

log = structlog.get_logger("worker")

RETRY_MS: Final = 500
"""Between questions while the database does not answer. Together with its deadline less than `PULSE_AGE_MS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gained:
    """The account is ours under this number; its page is written."""

    account: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Another one has it: its processes have to end."""

    account: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """To be given back: end its processes in order, then say so to `give_back`."""

    account: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A bug of ours ended the thread: every lease runs out, so the worker has to end."""

    error: Exception


Happening = Gained | Lost | Unwanted | Ended


class LeaseKeeper:
    """Keeps leases until told to finish. `tell` is called on its thread, `give_back` and `trouble` on any other."""

    def __init__(
        self,
        *,
        connect: Callable[[], Db],
        me: Me,
        terms: Terms,
        state_dir: Path,
        names: Callable[[], Collection[str]],
        is_calm: Callable[[str], bool],
        tell: Callable[[Happening], None],
        now: Callable[[], Moment] = lease_moment,
    ) -> None:
        self._connect, self._me, self._terms = connect, me, terms
        self._state_dir, self._names, self._is_calm = state_dir, names, is_calm
        self._tell, self._now = tell, now
        self._disk = HostDisk()
        self._db: Db | None = None
        self._held: dict[str, Hold] = {}
        self._claimed: dict[str, Claimed] = {}
        self._free_since: dict[str, int] = {}
        self._met: frozenset[str] = frozenset()
        self._failing_ms: int | None = None
        self._looked_ms: int | None = None
        self._guard = threading.Condition()
        self._owed: list[Callable[[Db], None]] = []
        self._is_finishing = False
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def give_back(self, account: str, number: int) -> None:
        """The account's processes have ended: others may have it."""
        self._owe(lambda db: self._give_back(db, account, number))

    def trouble(self, account: str, text: str, *, rest_ms: int) -> None:
        """It could not be started: nobody should try for a while."""
        self._owe(lambda db: fleet.note_trouble(db, account, text, rest_ms=rest_ms))

    def finish(self, *, deadline_s: float) -> bool:
        """Pay what is owed, say goodbye and end; whether that was done in time. What was not ends with its term."""
        with self._guard:
            self._is_finishing = True
            self._guard.notify()
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def _owe(self, act: Callable[[Db], None]) -> None:
        with self._guard:
            self._owed.append(act)
            self._guard.notify()

    # -- the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._keep()
        except Exception as error:
            self._tell(Ended(error=error))
            raise
        self._say_goodbye()

    def _keep(self) -> None:
        while True:
            self.turn()
            with self._guard:
                if self._is_finishing and (not self._owed or self._failing_ms is not None):
                    return
                if not self._owed or self._failing_ms is not None:
                    self._guard.wait(self._pause_ms() / 1_000)

    def turn(self) -> None:
        """One question to the database, and what follows from it. Whatever fails is asked again in the next turn."""
        begun = self._now()
        if self._failing_ms is not None:
            self._note_all(asking=begun)
        try:
            if self._db is None:
                self._db = self._connect()
                fleet.be_seen(self._db, self._me, term_ms=self._terms.term_ms)
            self._pay(self._db)
            waiting = self._renew(self._db, self._now())
            if self._looked_ms is None or begun.steady_ms - self._looked_ms >= self._terms.claim_ms:
                self._look(self._db)
                self._looked_ms = begun.steady_ms
        except StoreError as error:
            self._failed(begun, error)
            return
        if self._failing_ms is not None:
            log.info("database_back", after_ms=self._now().steady_ms - self._failing_ms)
            self._failing_ms = None
        if waiting:
            log.info("renewal_waits", accounts=sorted(waiting))

    def _pause_ms(self) -> int:
        """Until the next turn. A failing database is asked at the very moment at which leases run out: what failed
        before says nothing of then, and until then nothing may leave (`Standing.UNASKED`)."""
        if self._failing_ms is None:
            return min(self._terms.renew_ms, self._terms.claim_ms)
        now = self._now()
        soon_ms = 2 * (self._terms.question_ms + RETRY_MS)
        ends = [hold.until.left_ms(now) for hold in self._held.values()]
        ending = [left_ms + 1 for left_ms in ends if 0 < left_ms <= soon_ms]
        return min(ending, default=RETRY_MS)

    def _pay(self, db: Db) -> None:
        while True:
            with self._guard:
                if not self._owed:
                    return
                act = self._owed[0]
            act(db)
            with self._guard:
                self._owed.pop(0)

    def _renew(self, db: Db, asked: Moment) -> frozenset[str]:
        numbers = {account: hold.number for account, hold in self._held.items()}
        came = fleet.renew(db, numbers, term_ms=self._terms.term_ms)
        until, said = certain_until(asked, self._terms), self._now()
        for account in sorted(came.kept):
            self._note(
                account, replace(self._held[account], until=until, said=said, failed=None, asking=None)
            )
        for account in sorted(came.waiting):
            self._note(account, replace(self._held[account], said=said, asking=None))
        for account, to in sorted(came.lost.items()):
            log.error("lease_lost", code="C3", account=account, number=numbers[account], to=to)
            self._note(account, replace(self._held[account], said=said, lost_to=to))
            self._forget(account)
            self._tell(Lost(account=account, to=to))
        return came.waiting

    def _look(self, db: Db) -> None:
        """Say that this worker lives, claim what is free, and ask for what should go elsewhere."""
        files = frozenset(self._names())
        fleet.meet(db, sorted(files - self._met))
        self._met |= files
        fleet.be_seen(db, self._me, term_ms=self._terms.term_ms)
        now = self._now()
        plan = plan_claims(
            me=self._me,
            accounts=fleet.accounts(db),
            workers=fleet.workers(db),
            mine=self._claimed,
            files=files,
            free_since=self._free_since,
            now_ms=now.steady_ms,
            patience_ms=2 * self._terms.claim_ms,
            is_calm=self._is_calm,
        )
        self._free_since = dict(plan.free_since)
        for account, why in plan.give_back.items():
            self._claimed[account] = replace(self._claimed[account], is_leaving=True)
            self._tell(Unwanted(account=account, why=why))
        asked = self._now()
        gained = fleet.claim(db, self._me.name, plan.claim, at_most=plan.at_most, term_ms=self._terms.term_ms)
        for account, number in sorted(gained.items()):
            log.info("lease_claimed", account=account, number=number)
            self._claimed[account] = Claimed(since_ms=now.steady_ms)
            self._disk.make_directory(self._state_dir / account)
            self._note(account, Hold(number=number, until=certain_until(asked, self._terms), said=asked))
            self._tell(Gained(account=account, number=number))

    def _give_back(self, db: Db, account: str, number: int) -> None:
        hold = self._held.get(account)
        if hold is not None and hold.number == number:
            fleet.give_back(db, account, number)
            self._note(account, replace(hold, said=self._now(), lost_to="nobody: it was given back"))
            self._forget(account)
            log.info("lease_given_back", account=account, number=number)

    def _forget(self, account: str) -> None:
        self._held.pop(account, None)
        self._claimed.pop(account, None)

    def _failed(self, begun: Moment, error: StoreError) -> None:
        if self._db is not None:
            with contextlib.suppress(StoreError):
                self._db.close()
            self._db = None
        if self._failing_ms is None:
            self._failing_ms = begun.steady_ms
            log.warning("database_silent", code="C3", detail=str(error), held=len(self._held))
        self._note_all(failed=begun)

    def _note_all(self, *, asking: Moment | None = None, failed: Moment | None = None) -> None:
        said = self._now()
        for account, hold in list(self._held.items()):
            self._note(account, replace(hold, said=said, asking=asking, failed=failed or hold.failed))

    def _note(self, account: str, hold: Hold) -> None:
        """Keep it, and write it down for the processes of the account."""
        self._held[account] = hold
        page = LeasePage(account=account, hold=hold, terms=self._terms)
        try:
            lease_page.write(self._disk, self._state_dir / account, page)
        except OSError as error:
            log.error("page_unwritten", code="C3", account=account, detail=str(error))

    def _say_goodbye(self) -> None:
        if self._db is not None:
            with contextlib.suppress(StoreError):
                if not self._held:
                    fleet.leave(self._db, self._me.name)
                self._db.close()
