"""Models: the features of completed bars, and the bundle that carries fitted models from training to the engine.

A bundle is judged before it is believed (M1), and what comes of it is an opinion that may open, tighten or close within
everybody's gates (M2). Orders, stops, sizes, clocks and threads never live here, and nothing here is unpickled. An
engine reads a bundle with numpy alone: scikit-learn and skops are for those who write one or check it to the bottom.
"""
