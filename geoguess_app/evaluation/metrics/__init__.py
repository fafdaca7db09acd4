"""Figures of accuracy: from truths and answers to shares, intervals and curves."""
