"""Research: what a strategy would have done, how often one is fooled, and what a stop would have cost.

The backtest runs the engine and the local exchange that ship; the sweep kernel compiles the rules of `core` and is
proven equal to it. A second implementation of a decision, a fill or a stop will never be here, and nothing here is
asked by a running engine.
"""
