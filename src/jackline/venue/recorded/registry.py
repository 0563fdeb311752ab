"""Every venue that is known by recorded requests alone."""

from __future__ import annotations

from jackline.venue.recorded import profiles
from jackline.venue.recorded.bitget import BITGET
from jackline.venue.recorded.bybit import BYBIT
from jackline.venue.recorded.gate_io import GATE
from jackline.venue.recorded.htx import HTX
from jackline.venue.recorded.hyperliquid import HYPERLIQUID
from jackline.venue.recorded.kucoin import KUCOIN
from jackline.venue.recorded.okx import OKX
from jackline.venue.recorded.venue import RecordedVenue

MEXC = RecordedVenue(profile=profiles.MEXC, shapes=())
"""No shapes: nothing leaves. `MEXC.profile.no_rung` says why."""

VENUES: dict[str, RecordedVenue] = {
    venue.profile.name: venue for venue in (BYBIT, OKX, BITGET, KUCOIN, HYPERLIQUID, HTX, GATE, MEXC)
}
