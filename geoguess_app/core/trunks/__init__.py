"""Image trunks: pixels in, feature map and pooled features out. One module per family."""
