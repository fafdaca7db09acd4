"""The embedded map: page, scheme, channel."""
