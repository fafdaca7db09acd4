"""Scene labels of whole photo sets."""
