"""The web process's application: routes, guards, and the one poller behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from jackline import __version__
from jackline.store.asked import live_asked
from jackline.store.disk import Disk
from jackline.web import problems
from jackline.web.account import Account
from jackline.web.asking import Asking
from jackline.web.bot_book import BotBook
from jackline.web.doorkeeper import Doorkeeper
from jackline.web.guarding import Guarding
from jackline.web.hands import NO_HANDS, Hands
from jackline.web.history import History
from jackline.web.metrics import Metrics
from jackline.web.monitor import Monitor
from jackline.web.once import Replies
from jackline.web.options import WebOptions
from jackline.web.pace import Pace
from jackline.web.pages import dashboard
from jackline.web.pages.live import Live
from jackline.web.pages.route import told
from jackline.web.routes import (
    audit,
    bot_changes,
    bots,
    commands,
    documents,
    events,
    exchange_keys,
    health,
    kill_switch,
    limits,
    outside_trades,
    phases,
    positions,
    problem_list,
    protection,
    reconcile,
    records,
    safety,
    signals,
    sl_tp,
    sl_tp_monitor,
    tokens,
)

DESCRIPTION = """\
Reads what engine and watchdog have written; what changes something is a command that they take.
Errors are `application/problem+json`; each `code` has a page at `/problems/CODE`.
"""


PARTS = (
    health,
    positions,
    protection,
    records,
    safety,
    limits,
    kill_switch,
    outside_trades,
    sl_tp_monitor,
    sl_tp,
    bots,
    bot_changes,
    exchange_keys,
    tokens,
    audit,
    signals,
    phases,
    reconcile,
    problem_list,
    commands,
    documents,
    events,
)


def create_app(
    options: WebOptions, *, disk: Disk, doorkeeper: Doorkeeper, hands: Hands = NO_HANDS
) -> FastAPI:
    """The application of one account. Its poller runs while it does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        account: Account = app.state.account
        tasks = [asyncio.create_task(part.run()) for part in (account, app.state.history, app.state.live)]
        tasks.append(
            asyncio.create_task(app.state.monitor.run(lambda: account.ask(live_asked), account.marks))
        )
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
        openapi_url=None,  # `documents` answers it, to whoever has a token
        docs_url=None,  # its page loads scripts from elsewhere; ours does not
        redoc_url=None,
        generate_unique_id_function=_operation,
    )
    app.state.options = options
    app.state.account = Account(disk, options)
    app.state.history = History(disk, options)
    app.state.bots = BotBook(options, hands)
    app.state.live = Live(app.state.account, app.state.history, options, disk, app.state.bots)
    app.state.registry = CollectorRegistry(auto_describe=False)
    app.state.registry.register(Metrics(app.state.account, app.state.history))
    app.state.asking = Asking(disk, options)
    app.state.doorkeeper = doorkeeper
    app.state.hands = hands
    app.state.replies = Replies()
    app.state.pace = Pace(options.requests_per_s_max)
    app.state.monitor = Monitor()
    problems.install(app, told)
    for part in PARTS:
        app.include_router(part.router)
    dashboard.install(app)
    app.add_middleware(Guarding, options=options)
    return app


def _operation(route: APIRoute) -> str:
    return route.name
