"""The chart of one position: what was seen of its mark, and the prices that matter to it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Query, Request

from jackline.core.picture import PositionPicture
from jackline.web.access import Reader
from jackline.web.pages.live import Live
from jackline.web.pages.sight import Sight

pages = APIRouter(include_in_schema=False)
POSITIONS = "/positions/"


def chosen(sight: Sight, path: str, query: Mapping[str, str]) -> PositionPicture | None:
    """The position that a page is about: the one that is named, else one without a stop, else the first."""
    wanted = path.removeprefix(POSITIONS) if path.startswith(POSITIONS) else query.get("position", "")
    for one in sight.seen.positions:
        if position_id(one) == wanted:
            return one
    if path.startswith(POSITIONS):
        return None
    opened = [one for one in sight.seen.positions if one.quantity > 0]
    naked = [one for one in opened if not one.is_protected]
    return next(iter((*naked, *opened)), None)


def position_id(one: PositionPicture) -> str:
    """``BTCUSDT:long``, as the API names it."""
    return f"{one.symbol}:{one.side}"


def lines(one: PositionPicture) -> list[dict[str, object]]:
    """Its prices, as lines of the chart. An intended stop is drawn only where it is not the confirmed one."""
    found: list[tuple[str, Decimal | None, str, bool]] = [
        ("entry", one.entry_price, "entry", False),
        ("stop, confirmed", one.confirmed_price, "stop", False),
        ("target", one.target_price, "target", False),
        ("liquidation", one.liquidation_price, "liquidation", False),
    ]
    if one.intended_price and one.intended_price != one.confirmed_price:
        found.append(("stop, intended", one.intended_price, "stop", True))
    return [
        {"name": name, "price": float(price), "kind": kind, "dashed": dashed}
        for name, price, kind, dashed in found
        if price
    ]


def chart_of(sight: Sight, path: str, query: Mapping[str, str], *, last_only: bool) -> dict[str, object]:
    """What the chart draws; `last_only`: the newest two candles, for a page that has the others."""
    one = chosen(sight, path, query)
    markets = () if sight.seen.account is None else sight.seen.account.markets
    symbol = one.symbol if one is not None else markets[0].symbol if markets else ""
    candles = list(sight.series.candles.get(symbol, ()))
    return {
        "symbol": symbol,
        "position": "" if one is None else position_id(one),
        "candles": [candle.told() for candle in (candles[-2:] if last_only else candles)],
        "lines": [] if one is None else lines(one),
    }


@pages.get("/chart")
async def chart(
    request: Request, _: Reader, page: Annotated[str, Query(max_length=300)] = "/"
) -> dict[str, object]:
    """All of it, for the chart of a page."""
    live: Live = request.app.state.live
    place = urlsplit(page)
    return chart_of(await live.sight(), place.path, dict(parse_qsl(place.query)), last_only=False)
