"""Locate: photos, answers, search areas."""
