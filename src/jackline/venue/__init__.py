"""The venue: what can be asked of it, what each venue can do, and the one way requests leave.

Here live the port (a small verb set whose outcomes are values), the venue profiles, the canary that proves
a rung, and one package per venue with its request shapes, the request gate in front of signing, parsing
and stream pumps. Policy never lives here: what to place, when to close and what counts as protection is
decided in `core`. There is no blanket cancel, no bare entry and no retry of an entry anywhere in this
package, and there never will be.
"""
