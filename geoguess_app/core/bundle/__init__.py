"""The model on disk: read, verify, write. One folder, or the same as one ``.geomodel`` zip.

Reading needs no torch; nothing that a bundle holds is ever executed or extracted.
"""

from geoguess_app.core.bundle.reader import Bundle, open_bundle
from geoguess_app.core.bundle.writer import write_bundle

__all__ = ["Bundle", "open_bundle", "write_bundle"]
