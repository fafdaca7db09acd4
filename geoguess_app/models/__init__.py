"""Models on this machine, models that can be had, and making bundles out of published files."""
