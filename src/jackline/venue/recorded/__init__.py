"""Venues that we know by recorded requests alone: Bybit, OKX, Bitget, KuCoin, Hyperliquid, HTX, Gate, MEXC.

What lives here is pure: the one shape of every request, a writer that fills it from the core's words, a gate that
refuses what does not fit it, and what each venue is known to do. What never will: a connection. None of these
shapes has met its venue, so no account opens on one (`opening.py`); docs/venues.md says so line by line.
"""
