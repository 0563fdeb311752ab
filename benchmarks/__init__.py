"""Measurements beside others, run by hand: `python benchmarks/peers.py --help`."""
