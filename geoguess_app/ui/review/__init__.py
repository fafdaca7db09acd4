"""The Review mode: a worklist of photos, decided one by one or many at once."""
