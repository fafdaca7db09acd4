"""Answers to the photos of shards, in parts that many processes write."""
