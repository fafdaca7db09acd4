"""Idle threads of the numeric libraries sleep."""

from __future__ import annotations

import os
import subprocess
import sys

WAITED_MS = """
import geoguess_app, time
import numpy as np

one = np.ones((512, 512), np.float32)
for _ in range(3):
    one @ one
begun = time.process_time()
time.sleep(0.2)
print(1000 * (time.process_time() - begun))
"""


def test_a_product_leaves_no_thread_spinning() -> None:
    """OpenBLAS's second thread would go on for tens of milliseconds beside whatever comes next."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_THREAD_TIMEOUT")
    own = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", WAITED_MS], env=own, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 8
