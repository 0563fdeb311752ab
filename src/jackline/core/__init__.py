"""The pure core: values, rules, plans, the trade state machine, `guard` and `step`.

Everything here is synchronous and deterministic: `step(state, event) -> (state, effects)`. No I/O, no clock, no
randomness, no asyncio, no logging and no venue vocabulary will ever live here; time and ids arrive as arguments.
"""
