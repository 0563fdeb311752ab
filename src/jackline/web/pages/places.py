"""Which pages live, by their address: what the socket sends anew is built by what built the page."""

from __future__ import annotations

from collections.abc import Mapping

from jackline.web.pages import limits, now, position, protection, records, settings
from jackline.web.pages.chart import POSITIONS
from jackline.web.pages.live import Builder
from jackline.web.pages.rendering import View
from jackline.web.pages.sight import Sight

LIVING: Mapping[str, Builder] = {
    "/": now.view,
    "/protection": protection.view,
    "/reconcile": protection.reconcile_view,
    "/limits": limits.limits_view,
    "/flatten": limits.flatten_view,
    "/incidents": records.incidents_view,
    "/bots": settings.bots_view,
}
STILL = frozenset({"/phases", "/trades", "/keys", "/audit", "/log", "/docs", "/codes"})
STILL_UNDER = ("/codes/", "/incidents/")
"""Of these only the bar lives."""


def static_view(view: View) -> Builder:
    """A builder of what does not depend on the account."""

    async def build(sight: Sight, query: Mapping[str, str]) -> View:
        del sight, query
        return view

    return build


NOTHING_LIVES = static_view(View(name="", title=""))


def builder(path: str) -> Builder | None:
    """Who builds the page of this address; None for one that is no page of ours."""
    if path.startswith(POSITIONS):
        return _of_position(path.removeprefix(POSITIONS))
    if path in STILL or path.startswith(STILL_UNDER):
        return NOTHING_LIVES
    return LIVING.get(path)


def _of_position(wanted: str) -> Builder:
    async def build(sight: Sight, query: Mapping[str, str]) -> View:
        del query
        return await position.view(sight, {"id": wanted})

    return build
