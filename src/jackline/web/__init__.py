"""REST API and dashboard of one account, in a process of their own.

It reads what others have written, the store and the published picture, and it writes command rows: never does it
reach into an engine or speak to a venue. Whether it lives, hangs or is loaded, no stop is a millisecond later.
"""
