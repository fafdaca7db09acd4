"""Photos on disk: scanning folders, reading pixels and metadata. No Qt."""
