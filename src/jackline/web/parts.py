"""What routes are given: the parts of the application, by type."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, Header, Request

from jackline.web.account import Account, Seen
from jackline.web.asking import Asking
from jackline.web.bot_book import BotBook
from jackline.web.doorkeeper import Doorkeeper
from jackline.web.hands import Hands
from jackline.web.history import History, Past
from jackline.web.monitor import Monitor
from jackline.web.options import WebOptions
from jackline.web.problems import Problem


def _account(request: Request) -> Account:
    found: Account = request.app.state.account
    return found


def _seen(request: Request) -> Seen:
    return _account(request).seen


def _asking(request: Request) -> Asking:
    found: Asking = request.app.state.asking
    return found


def _options(request: Request) -> WebOptions:
    found: WebOptions = request.app.state.options
    return found


def _past(request: Request) -> Past:
    history: History = request.app.state.history
    return history.past


def _doorkeeper(request: Request) -> Doorkeeper:
    found: Doorkeeper = request.app.state.doorkeeper
    return found


def _monitor(request: Request) -> Monitor:
    found: Monitor = request.app.state.monitor
    return found


def _bots(request: Request) -> BotBook:
    found: BotBook = request.app.state.bots
    return found


def _hands(request: Request) -> Hands:
    found: Hands = request.app.state.hands
    return found


TheAccount = Annotated[Account, Depends(_account)]
Now = Annotated[Seen, Depends(_seen)]
TheDesk = Annotated[Asking, Depends(_asking)]
ThePast = Annotated[Past, Depends(_past)]
TheDoor = Annotated[Doorkeeper, Depends(_doorkeeper)]
TheMonitor = Annotated[Monitor, Depends(_monitor)]
TheBots = Annotated[BotBook, Depends(_bots)]
TheHands = Annotated[Hands, Depends(_hands)]
Options = Annotated[WebOptions, Depends(_options)]
_Header = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[A-Za-z0-9_.:-]+$",
        description="Of your choice, new for each new request: the same one is carried out once.",
    ),
]


def _key(key: _Header = None) -> str:
    """Raises Problem where there is none: without it a repeated request could act twice."""
    if key is None:
        raise Problem("key-missing", "Idempotency-Key: missing")
    return key


def _own_key(key: _Header = None) -> str:
    return key or secrets.token_hex(16)


IdempotencyKey = Annotated[str, Depends(_key)]
MaybeKey = Annotated[str, Depends(_own_key)]
"""For what may be done twice without harm: a hurried hand must not be turned away for a header (K2)."""
