"""GeoCLIP's published files → a bundle of kind gallery."""
