"""Parity: a run of an engine beside the backtest of the same bars, decision by decision and fill by fill."""
