"""Locks on files, so that two programs do not write the same one."""

from __future__ import annotations

import sys
from typing import IO

if sys.platform == "win32":

    def try_lock(stream: IO[bytes]) -> bool:
        """Say that the file is free: open files cannot be replaced or deleted there."""
        return True

else:
    import fcntl

    def try_lock(stream: IO[bytes]) -> bool:
        """Take the file for this program until it is closed; False where another one has it."""
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # some network drives know no locks
            return True
        return True
