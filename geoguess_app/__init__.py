"""GeoGuess: says where a photo was taken, from its pixels, on the user's own machine."""

from geoguess_app.core.idle_threads import let_idle_threads_sleep

__version__ = "0.1.0"

let_idle_threads_sleep()  # here, because it must come before numpy and torch
