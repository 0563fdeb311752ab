"""The backtest: the engine and the local exchange that ship, in one process, on virtual time.

A decision, a fill or a stop of its own will never be here: only what stands in for wire, disk and time, and what reads
the outcome.
"""
