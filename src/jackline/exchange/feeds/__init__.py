"""Market feeds of the local exchange: replayed candle files, a seeded generator, and the clock that paces
them.

A feed is a deterministic source of ticks; it knows nothing of accounts, orders or sockets beyond the sign
of a net position, and never waits, sleeps or reads a clock by itself. Nothing here downloads data, and
nothing here invents or repairs a bar: a file that is not what it claims to be is refused with a
`FeedError`.
"""
