"""Reference photos in the window: the evidence side by side, and the collection's page."""
