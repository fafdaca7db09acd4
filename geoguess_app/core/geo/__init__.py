"""Points on the Earth: distances, coordinates as text, the map's square world, place names."""
