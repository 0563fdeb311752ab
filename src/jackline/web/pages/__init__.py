"""The dashboard: pages that a server has rendered whole, and a socket that keeps their live parts as they are.

A page computes nothing. What it shows are facts and words made here; with scripts blocked all of them stand in the
first HTML, and every form works. Forms never stand in a live part: nothing that somebody types is replaced.
"""
