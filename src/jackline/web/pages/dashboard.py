"""Every page, as one."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from jackline.web.pages import (
    acts,
    bot_acts,
    chart,
    entry,
    files,
    guide,
    limits,
    now,
    position,
    protection,
    records,
    settings,
    setup_acts,
    socket,
)

PARTS: Final = (
    now,
    position,
    protection,
    records,
    limits,
    settings,
    guide,
    bot_acts,
    acts,
    setup_acts,
    entry,
    chart,
    files,
    socket,
)


def install(app: FastAPI) -> None:
    """Serve the dashboard."""
    for part in PARTS:
        app.include_router(part.pages)
