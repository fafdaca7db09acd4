"""Answers as files that other programs read: CSV, JSON lines, GeoJSON, GPX, KML, KMZ."""
