"""The map as it is shown, as a picture or as a page that needs neither program nor network."""
