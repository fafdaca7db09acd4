"""What every mode is given, and what it offers in return."""
