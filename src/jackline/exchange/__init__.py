"""The local exchange: matching, margin, triggers, funding, liquidation and market feeds, spoken to over a
real wire.

It is the independent witness of the project: it shares no code with `core` and never imports another room
of ours, so that an error in the engine's idea of a venue cannot be repeated here. No trading decision will
ever live in it.
"""
