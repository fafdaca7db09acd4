"""The colours of errors, the same in the window, in figures and in reports."""

from __future__ import annotations

from typing import Final

LIGHT: Final = ("#0a3a7a", "#2f86d6", "#8fc6ee", "#f5c04a", "#e0701b", "#8a1538")
DARK: Final = ("#2f74d8", "#63aef8", "#bfe0fb", "#ffdf7e", "#f5913d", "#e8406a")
"""Within each of five distances, and farther: blues for what is roughly right, yellow to red for
what is not. Any two of one row differ by ΔE ≥ 18 (CIE 1976) in normal, protan, deutan and tritan
vision."""
