"""The pipeline of the starter model: frozen trunk, heads, bank."""
