"""What a page's script reads, as numbers again."""

from __future__ import annotations

import base64

import numpy as np


def unpacked(text: str) -> np.ndarray:
    """Return numbers that a page holds as base64."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(float)
