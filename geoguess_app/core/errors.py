"""Problems that a user can understand: each carries a code and one sentence."""


class GeoGuessError(Exception):
    """One sentence for the user: what is wrong, with which file, and what to do.

    ``code`` is a short stable word ("unreadable", "hash-mismatch", …) for tables and filters.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class PhotoError(GeoGuessError):
    """A photo that cannot be read, decoded or trusted."""


class BundleError(GeoGuessError):
    """A model bundle that is broken, hostile or from a newer program."""


class PartitionError(GeoGuessError):
    """Cells or coordinates that do not make a valid partition."""


class TableError(GeoGuessError):
    """A CSV or other table that lacks what is needed."""


class DeviceError(GeoGuessError):
    """A compute device that was asked for and is not there."""


class CoordinateError(GeoGuessError):
    """Text that does not say a position on the Earth."""


class SettingsError(GeoGuessError):
    """Settings that cannot be saved."""


class WriteError(GeoGuessError):
    """A file that could not be written; it is as it was before."""


class JournalError(GeoGuessError):
    """The record of what was written, which cannot be kept or read."""


class SessionError(GeoGuessError):
    """A review that cannot be opened or kept, or an action that cannot be done in it."""


class ClueError(GeoGuessError):
    """A clue that cannot be understood, or that fits no place."""
