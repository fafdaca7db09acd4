"""Views: what is looked at, as a file, and the map as a picture or a page."""
