"""A photo file's pixels: what kind of file it is, upright RGB, crops for the network."""
