"""The trunks that a bundle can name."""
