"""Trust in an answer: the calibration of a model and its form in a bundle."""
