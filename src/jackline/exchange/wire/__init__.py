"""The Binance USDⓈ-M wire in front of the venue: REST, sockets, and a local control surface, on loopback
only.

Parsing, signatures, rate windows, payload shapes and the pace of the market live here. No rule about
margin, triggers or fills ever does: the venue decides, the wire translates.
"""
