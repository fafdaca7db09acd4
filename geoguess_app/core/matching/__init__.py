"""The same place in two photos: points that look alike and agree on one geometry.

``describe`` finds a picture's local features, ``verify`` compares those of two, ``trust`` says how
probable it is that both photos were taken near each other, also in view of other places that match
(``strongest_rivals``). None of them reads or writes photos;
whoever calls keeps the features (``LocalFeatures.to_bytes``).
"""

from geoguess_app.core.matching.candidates import verify_candidates
from geoguess_app.core.matching.features import LocalFeatures, describe
from geoguess_app.core.matching.same_place import SamePlace, strongest_rivals, trust
from geoguess_app.core.matching.verification import Match, verify

__all__ = [
    "LocalFeatures",
    "Match",
    "SamePlace",
    "describe",
    "strongest_rivals",
    "trust",
    "verify",
    "verify_candidates",
]
