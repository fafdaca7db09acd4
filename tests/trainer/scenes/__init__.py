"""Tests of scene labelling."""
