"""Photos from elsewhere: what an answer of "cannot tell" is learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.local.spaces import Seen, Space, SpaceName, World
from trainer.local.world import strangers

ENOUGH = 20


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Photos that do not show the area: the user's own, and what the starter model remembers of
    the world; the middle of the area in degrees."""

    own: Seen | None
    world: World | None
    latitude_deg: float
    longitude_deg: float

    def known_in(self, spaces: tuple[SpaceName, ...]) -> tuple[SpaceName, ...]:
        """The spaces in which there are photos from elsewhere to compare with."""
        own = self.own is not None and len(self.own) >= 2 * ENOUGH
        return tuple(name for name in spaces if own or name == "world")

    def vectors(self, space: Space) -> tuple[np.ndarray, np.ndarray]:
        """Vectors (m, d) in a space, in two parts: to fit on, and to measure on."""
        sets = []
        if self.own is not None:
            sets.append(self.own.photos(space))
        if self.world is not None and len(space.steps) == 2:
            sets.append(strangers(self.world, space, self.latitude_deg, self.longitude_deg))
        if not sets:
            return np.zeros((0, 0)), np.zeros((0, 0))
        return (
            np.concatenate([part[0::2] for part in sets]),
            np.concatenate([part[1::2] for part in sets]),
        )
