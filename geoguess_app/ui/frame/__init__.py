"""The frame of modes: what every mode is given, and what it offers in return."""
