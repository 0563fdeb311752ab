"""What routes are given: the parts of the application, by type."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from jackline.web.account import Account, Seen
from jackline.web.asking import Asking
from jackline.web.doorkeeper import Doorkeeper
from jackline.web.history import History, Past
from jackline.web.options import WebOptions


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


TheAccount = Annotated[Account, Depends(_account)]
Now = Annotated[Seen, Depends(_seen)]
TheDesk = Annotated[Asking, Depends(_asking)]
ThePast = Annotated[Past, Depends(_past)]
TheDoor = Annotated[Doorkeeper, Depends(_doorkeeper)]
Options = Annotated[WebOptions, Depends(_options)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[A-Za-z0-9_.:-]+$",
        description="Of your choice, new for each new request: the same one is carried out once.",
    ),
]
