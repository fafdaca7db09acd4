"""Studies: a model's evaluation on a set of photos, its variants, and the models beside it."""
