"""The command line: one command per verb, the configuration file, and the composition root.

Only here are rooms put together, and only here does anything print. No rule of protection, size or price and
no request shape lives here, and nothing heavy is imported before a command runs: the way to close everything
must start at once.
"""
