"""Libraries that cannot live in one process with the map's page."""

from __future__ import annotations

import sys


def keep_triton_out() -> None:
    """Let torch believe that Triton, which compiles code for graphics cards, is not installed.

    The map's page may bring in Mesa's LLVM. Triton carries an LLVM of its own under the same symbol
    names and crashes the process when it is imported after the other (triton 3.7 and later; the
    same clash as in tensorflow/tensorflow#124205). torchvision imports it on the way to a ResNet or
    ConvNeXt. The window compiles nothing, so nothing is lost. To be called before torch comes in.
    """
    # None: `import triton` raises ModuleNotFoundError, as if it were not there.
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
