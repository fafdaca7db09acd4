"""The way from the networks' outputs to one answer: fusion, evidence, posterior, calibrated
radii."""
