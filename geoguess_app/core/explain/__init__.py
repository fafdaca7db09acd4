"""What in a photo speaks for an answer."""
