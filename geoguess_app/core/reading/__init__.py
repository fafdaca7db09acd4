"""Text on photos: where it stands and what it says. Runs only where somebody asks for it."""
