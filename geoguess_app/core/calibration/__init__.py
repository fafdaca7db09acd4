"""How far an answer can be trusted: the calibration of a model and its form in a bundle."""
