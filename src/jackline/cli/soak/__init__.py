"""`jackline soak`: does anything grow, wear out or slow down when the system runs for long?

Exchange, watchdog and engine run as processes, as a user starts them, while a market is played to them, as fast as is
asked for. What is looked at is what the system's own books do not show: memory, open files, queues, lag, disk, request
weight; and, by the exchange's witness, how long a position stood without a stop.
"""
