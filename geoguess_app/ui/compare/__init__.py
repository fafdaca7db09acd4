"""Compare mode: two photos, two models, or two ways of deciding, on one map and in one table."""
