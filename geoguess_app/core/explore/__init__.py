"""Facts about the cells of a model: children, neighbours, towns, search."""
