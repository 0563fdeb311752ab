"""What the world can do, one function a fault, grouped by the layer it strikes; `table` names them all.

A deed either is a moment, or gives back how it is undone; one that finds nothing to strike says so. None of them
judges, and none knows what the engine thinks.
"""
