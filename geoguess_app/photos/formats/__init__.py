"""Metadata inside photo files: where they lie, and how to change only that."""
