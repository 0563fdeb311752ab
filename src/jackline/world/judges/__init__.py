"""The judges of a simulated world: one for each group of promises.

They look at the venue's truth, at what left our processes and arrived, and at what the disk would still hold after a
power cut. What will never be here: a line of the engine, of the core or of the store, or anything that changes what it
looks at.
"""
