"""Reference photos: the user's own located photos, by which others of the same place are found."""
