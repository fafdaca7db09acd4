"""Common parts of all pipelines: recipes' fields, progress, photo tables, bundles."""
