"""Validation: whether a strategy may be believed, each statistic in a file of its own, and the gate that decides.

A gate that lets noise through is worse than none: `calibrating` sends strategies without an edge, and with one of known
strength, through the very same gate and counts.
"""
