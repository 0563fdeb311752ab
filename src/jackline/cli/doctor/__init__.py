"""`jackline doctor`: one line a check, what was seen, and what to do about it.

It reads. The one thing it may place at the venue is a canary, where that was asked for; the one thing it may send to
people is a test message, where that was. No rule of the engine is repeated here: each check asks the code that a start
asks, or measures.
"""
