"""Alerts: what a human is told, how loudly, how often, and over which channels.

What lives here: an event, the sieve that drops repeats and holds back floods, the words of a message, redaction, the
book that makes all of it survive a restart, delivery with retries and deadlines, Apprise at the very edge, and the
dead-man ping. What never will: a way to read an engine, a venue or a store (the command line hands events in), and
anything that a trade waits for. A process that sends alerts may hang, die or be missing: no stop is later for it.
"""
