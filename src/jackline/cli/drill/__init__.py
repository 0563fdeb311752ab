"""`jackline drill`: what must work on the day it is needed, rehearsed with real processes on a local exchange.

A drill has a house of its own: an exchange, an engine and a watchdog by a copy of the configuration, in a directory
that goes when it ends. The account itself is never touched, but by `kill`, which rehearses on its running engine, for
that is what a promotion asks for. What is judged is what the exchange's witness saw, never what the engine says.
"""
