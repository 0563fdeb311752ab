"""The BingX perpetual swap v2 wire in front of the venue: REST and sockets, on loopback only.

It mirrors the Binance wire beside it and shares what is no dialect: the clock, the market's pace, faults and control.
Stops that travel with an entry, one id space for all orders, refusals under HTTP 200: those are its own.
"""
