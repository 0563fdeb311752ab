"""What clients of the spot side ask for before or beside anything else, futures or not."""

from typing import Final

from jackline.exchange.wire.call import Access, Call, Route
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.market_routes import ping, time

_OPENED_MS: Final = 1_569_398_400_000
"""When every key here was made: with the market."""


def restrictions(call: Call) -> Json:
    """What the key may do."""
    call.finish()
    rights = call.account.rights
    return {
        "ipRestrict": bool(rights.addresses),
        "createTime": _OPENED_MS,
        "enableReading": True,
        "enableFutures": rights.trades,
        "enableWithdrawals": rights.withdraws,
        "enableInternalTransfer": False,
        "permitsUniversalTransfer": False,
        "enableMargin": False,
        "enableSpotAndMarginTrading": False,
        "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False,
    }


def system_status(call: Call) -> Json:
    """The one question that is answered during maintenance."""
    call.finish()
    down = call.venue.whims.maintenance
    return {"status": int(down), "msg": "system maintenance" if down else "normal"}


def nothing(call: Call) -> Json:
    """There are no coins and no spot margin here."""
    call.finish()
    return []


ROUTES: Final = (
    Route(method="GET", path="/api/v3/ping", handler=ping, access=Access.PUBLIC),
    Route(method="GET", path="/api/v3/time", handler=time, access=Access.PUBLIC),
    Route(method="GET", path="/sapi/v1/account/apiRestrictions", handler=restrictions),
    Route(
        method="GET",
        path="/sapi/v1/system/status",
        handler=system_status,
        access=Access.PUBLIC,
        survives_maintenance=True,
    ),
    Route(method="GET", path="/sapi/v1/capital/config/getall", handler=nothing, weight=10),
    Route(method="GET", path="/sapi/v1/margin/allPairs", handler=nothing, access=Access.KEY),
    Route(method="GET", path="/sapi/v1/margin/isolated/allPairs", handler=nothing),
)
