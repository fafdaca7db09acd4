"""Photos of one trip support each other: where each was taken, given all of them."""

from geoguess_app.core.trips.grouping import group_trips
from geoguess_app.core.trips.place import place_trips
from geoguess_app.core.trips.remembered import shot_of_answer, shot_of_place
from geoguess_app.core.trips.types import Shot, TripAnswer, TripSettings, prior_of, shot_of

__all__ = [
    "Shot",
    "TripAnswer",
    "TripSettings",
    "group_trips",
    "place_trips",
    "prior_of",
    "shot_of",
    "shot_of_answer",
    "shot_of_place",
]
