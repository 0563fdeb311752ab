"""The sweep: the scalar rules of `core` compiled, many settings over the same bars, and what is kept of them.

Its scope is narrower than the engine's and stated (docs/sweep.md); inside it every trade is the backtest's.
"""
