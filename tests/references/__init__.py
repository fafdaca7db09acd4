"""Tests of the reference collection."""
