"""What all pipelines share: recipes' fields, progress, photo tables, bundles."""
