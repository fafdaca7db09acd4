"""Geometry on the sphere: distances, unit vectors, means, circles.

Angles are degrees, distances kilometres on a sphere of the radius that S2 and the published
accuracy tables use. Latitudes and longitudes may be scalars or arrays and broadcast.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import Coordinate, FloatArray

EARTH_RADIUS_KM = 6371.0
"""Mean radius of the Earth, as in the published evaluations (haversine, R = 6371 km)."""

_SHORTEST_MEAN = 1e-12
"""A mean vector shorter than this has no direction: the points cancel each other out."""


def great_circle_km(
    latitude1_deg: npt.ArrayLike,
    longitude1_deg: npt.ArrayLike,
    latitude2_deg: npt.ArrayLike,
    longitude2_deg: npt.ArrayLike,
) -> FloatArray:
    """Great-circle distance in km by the haversine formula; broadcasts, 0-d for scalars."""
    lat1, lon1, lat2, lon2 = (
        np.radians(np.asarray(value, dtype=np.float64))
        for value in (latitude1_deg, longitude1_deg, latitude2_deg, longitude2_deg)
    )
    half = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    # Rounding can lift antipodes above 1, where arcsin has no value.
    result: FloatArray = np.asarray(
        2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    )
    return result


def unit_vectors(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Points as unit vectors, shape (…, 3): x towards 0°N 0°E, y towards 90°E, z the north pole."""
    lat = np.radians(np.asarray(latitude_deg, dtype=np.float64))
    lon = np.radians(np.asarray(longitude_deg, dtype=np.float64))
    cos_lat = np.cos(lat)
    return np.stack(
        np.broadcast_arrays(np.cos(lon) * cos_lat, np.sin(lon) * cos_lat, np.sin(lat)), axis=-1
    )


def lat_lon(vectors: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes in degrees of vectors (…, 3) of any length above zero."""
    v = np.asarray(vectors, dtype=np.float64)
    latitude = np.degrees(np.arctan2(v[..., 2], np.hypot(v[..., 0], v[..., 1])))
    longitude = np.degrees(np.arctan2(v[..., 1], v[..., 0]))
    return np.asarray(latitude), np.asarray(longitude)


def coordinate_of(vector: FloatArray) -> Coordinate:
    """Turn one unit vector (3) into a coordinate."""
    latitude, longitude = lat_lon(vector)
    return Coordinate(float(latitude), float(longitude))


def spherical_mean(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
) -> Coordinate:
    """Mean location of points: the direction of the (weighted) sum of their unit vectors.

    Right across ±180° and at the poles, unlike a mean of degrees. Where the points cancel out
    (antipodes), the heaviest point is returned, the first of equals. Raises ValueError for no
    points or for weights that are negative, not finite or all zero.
    """
    lat = np.atleast_1d(np.asarray(latitude_deg, dtype=np.float64))
    lon = np.atleast_1d(np.asarray(longitude_deg, dtype=np.float64))
    if lat.size == 0:
        raise ValueError("a mean needs at least one point")
    w = np.ones(lat.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if not np.all(np.isfinite(w)) or np.any(w < 0) or w.sum() <= 0:
        raise ValueError("weights must be finite, not negative and not all zero")
    total = (unit_vectors(lat, lon) * w[..., None]).sum(axis=0) / w.sum()
    if np.linalg.norm(total) < _SHORTEST_MEAN:
        heaviest = int(np.argmax(w))
        return Coordinate(float(lat[heaviest]), float(lon[heaviest]))
    mean_lat, mean_lon = lat_lon(total)
    return Coordinate(float(mean_lat), float(mean_lon))


def destination(
    coordinate: Coordinate, bearing_deg: npt.ArrayLike, distance_km: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return where one arrives on a great circle: latitudes, longitudes in degrees, lon in [-180,
    180].

    ``bearing_deg`` counts clockwise from north.
    """
    bearing = np.radians(np.asarray(bearing_deg, dtype=np.float64))
    angle = np.asarray(distance_km, dtype=np.float64) / EARTH_RADIUS_KM
    here = unit_vectors(coordinate.latitude_deg, coordinate.longitude_deg)
    lon = np.radians(coordinate.longitude_deg)
    # East and north are taken from the longitude, so that they exist at the poles as well.
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.cross(here, east)
    heading = np.cos(bearing)[..., None] * north + np.sin(bearing)[..., None] * east
    return lat_lon(np.cos(angle)[..., None] * here + np.sin(angle)[..., None] * heading)


def circle(coordinate: Coordinate, radius_km: float, points: int = 72) -> FloatArray:
    """The circle around a coordinate as an open ring, (points, 2) of latitude, longitude.

    Longitudes run on without a jump, so they may leave [-180, 180] by up to 360°: a map line
    drawn through them never crosses the whole world. A circle that holds a pole winds once
    around it: its last longitude is then about 360° from the first.
    """
    bearings = np.arange(points) * (360.0 / points)
    lat, lon = destination(coordinate, bearings, np.full(points, radius_km))
    # Start from the side of the world where the centre lies.
    start = coordinate.longitude_deg + (lon[0] - coordinate.longitude_deg + 180) % 360 - 180
    lon = np.unwrap(lon, period=360.0)
    return np.stack([lat, lon - lon[0] + start], axis=-1)
