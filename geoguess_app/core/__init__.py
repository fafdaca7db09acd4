"""The science: no Qt, no folium, no network access; shared with the trainer."""
