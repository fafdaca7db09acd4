"""From the networks' outputs to one answer: fusion, evidence, posterior, calibrated radii."""
