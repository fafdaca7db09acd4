"""Sets of photos and tables for tests, made from `tests/data` in a folder of the test run.

`make_photos` and `make_tables` write folders of the shape that `tests/data/README.md` describes, so
that a test may run on what is made here or on real sets of the same shape.
"""

from tests.inputs.photo_sets import CAMPUS, large_jpegs, make_photos
from tests.inputs.tables import make_tables, write_bursts

__all__ = ["CAMPUS", "large_jpegs", "make_photos", "make_tables", "write_bursts"]
