"""Binance USDⓈ-M: request shapes, the gate in front of signing, the signed wire, parsing, and the stream
pumps.

ccxt signs and sends, through its raw endpoints only. Its unified orders are never used: they drop or leak
a stop without a word. Only loopback endpoints can be built here today; real ones get a room of their own.
"""
