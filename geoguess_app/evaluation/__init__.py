"""Measuring a model on photos whose place is known: metrics, figures, report. No Qt."""
