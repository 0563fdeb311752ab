"""The built-in strategies, and the template of a user's own: pure functions of completed bars that wish for a
direction, and nothing more.

They implement `core.ports.Strategy`. Sizes, stops, orders, clocks and I/O never live here: what a wish
becomes, and whether it becomes anything, is decided by the gates and the plan in `core`.
"""
