"""Data sets: candles and funding of real markets, each with a manifest that says what they are and where they are from.

What is kept here is checked before it is believed: complete bars of one interval of one market of one environment.
Decisions, fills and models never live here, and nothing here is asked by a running engine.
"""
