"""The world in which everything can go wrong: virtual time, and a simulated network, disk, process, clock and operator.

The production engine, watchdog, venue transport, store and local exchange run inside it unchanged. Judges read the
exchange's truth and the disk, never the engine. What will never be here: a rule of trading, or a second
implementation of anything that ships.
"""
