"""Training with Lightning: from a recipe and photos to checkpoints, and from those to a bundle."""
