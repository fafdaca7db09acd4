"""Cells from photos' positions: reading them, proposing τ, the account and its report."""
