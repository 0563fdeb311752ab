"""`jackline new`: a few questions with a default each, and a configuration that starts.

What may be answered is what the configuration allows; no range is written here a second time. Nothing is written
before every answer holds together, no secret ever into the configuration, and no file over another unless that was
asked for.
"""
