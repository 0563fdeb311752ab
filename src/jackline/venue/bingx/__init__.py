"""BingX perpetual swap v2 behind the port: request shapes, gate, parsing, pacing, desk and stream pumps.

The stop travels with the entry here, refusals come under HTTP 200, conditional orders carry no id of ours and an
address has three orders a second. What any venue's adapter is made of lives in `venue.transport`.
"""
