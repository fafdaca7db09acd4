"""A model of one's own town or campus, from a folder of photos in one go."""
