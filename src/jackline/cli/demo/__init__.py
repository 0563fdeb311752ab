"""The demo: local exchange, engine and watchdog as real processes on a real wire, a kill, and an honest report.

What lives here: starting and stopping the processes, the director who kills the engine, the terminal view, and the
report with its judge. Nothing here trades, and nothing here is believed from the engine's memory: positions, naked
time, orphans and money come from the exchange's witness; from the engine come only its plans, its `confirm_ms` and
its ledger, to be compared. No rule of trading and no part of the protocol will ever live here.
"""
