"""The web process's application: routes, guards, and the one poller behind them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute

from jackline import __version__
from jackline.store.disk import Disk
from jackline.web import problems
from jackline.web.account import Account
from jackline.web.asking import Asking
from jackline.web.doorkeeper import Doorkeeper
from jackline.web.guarding import Guarding
from jackline.web.options import WebOptions
from jackline.web.routes import commands, health, positions

DESCRIPTION = """\
Reads what engine and watchdog have written; what changes something is a command that they take.
Errors are `application/problem+json`; each `code` has a page at `/problems/CODE`.
"""


def create_app(options: WebOptions, *, disk: Disk, doorkeeper: Doorkeeper) -> FastAPI:
    """The application of one account. Its poller runs while it does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        poller = asyncio.create_task(app.state.account.run())
        try:
            yield
        finally:
            poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await poller

    app = FastAPI(
        title=f"jackline: {options.account}",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere; ours does not
        redoc_url=None,
        generate_unique_id_function=_operation,
    )
    app.state.options = options
    app.state.account = Account(disk, options)
    app.state.asking = Asking(disk, options)
    app.state.doorkeeper = doorkeeper
    problems.install(app)
    for router in (health.router, positions.router, commands.router):
        app.include_router(router)
    app.add_middleware(Guarding, options=options)
    return app


def _operation(route: APIRoute) -> str:
    return route.name
