"""The real torchmetrics without the metrics that nobody here uses.

Lightning needs two classes of it. Importing the package takes three of the seven seconds that each
training takes to begin: it imports all its metrics, and with them SciPy and Matplotlib.
"""

import logging
import sys
from importlib.machinery import PathFinder
from pathlib import Path

_elsewhere = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).parents[1]]
_real = PathFinder.find_spec("torchmetrics", _elsewhere)
if _real is None or _real.submodule_search_locations is None:
    raise ModuleNotFoundError("No module named 'torchmetrics'", name="torchmetrics")
__path__ = list(_real.submodule_search_locations)
_logger = logging.getLogger("torchmetrics")

import torchmetrics.utilities  # noqa: E402, F401 - the real one, which must come first
from torchmetrics.collections import MetricCollection  # noqa: E402
from torchmetrics.metric import Metric  # noqa: E402

__all__ = ["Metric", "MetricCollection"]
