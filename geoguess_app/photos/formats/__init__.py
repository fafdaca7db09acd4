"""Where metadata lies inside a photo file, and how to change only that."""
