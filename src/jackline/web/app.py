"""The web process's application: routes, guards, and the one poller behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from jackline import __version__
from jackline.store.disk import Disk
from jackline.web import problems
from jackline.web.account import Account
from jackline.web.asking import Asking
from jackline.web.doorkeeper import Doorkeeper
from jackline.web.guarding import Guarding
from jackline.web.history import History
from jackline.web.metrics import Metrics
from jackline.web.options import WebOptions
from jackline.web.pages import dashboard
from jackline.web.pages.live import Live
from jackline.web.routes import commands, events, health, positions, protection, records, safety

DESCRIPTION = """\
Reads what engine and watchdog have written; what changes something is a command that they take.
Errors are `application/problem+json`; each `code` has a page at `/problems/CODE`.
"""


def create_app(options: WebOptions, *, disk: Disk, doorkeeper: Doorkeeper) -> FastAPI:
    """The application of one account. Its poller runs while it does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(part.run()) for part in (app.state.account, app.state.history, app.state.live)
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

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
    app.state.history = History(disk, options)
    app.state.live = Live(app.state.account, app.state.history, options, disk)
    app.state.registry = CollectorRegistry(auto_describe=False)
    app.state.registry.register(Metrics(app.state.account, app.state.history))
    app.state.asking = Asking(disk, options)
    app.state.doorkeeper = doorkeeper
    problems.install(app)
    for part in (health, positions, protection, records, safety, commands, events):
        app.include_router(part.router)
    dashboard.install(app)
    app.add_middleware(Guarding, options=options)
    return app


def _operation(route: APIRoute) -> str:
    return route.name
