"""Models that others trained: how far they may be trusted on located photos at hand."""
