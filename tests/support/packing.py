"""What a page's script reads, as numbers again."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np


def unpacked(text: str) -> np.ndarray:
    """Return numbers that a page holds as base64."""
    planes = base64.b64decode(text)
    count = len(planes) // 4
    return np.frombuffer(b"".join(planes[at::count] for at in range(count)), "<f4").astype(float)


def data_of(page: Path) -> Any:
    """Return what a page's script reads as ``DATA``, packed or not."""
    kind, text = re.search(r'<script type="([^"]+)" id="data">([^<]*)</script>', page.read_text("utf-8")).groups()
    return json.loads(text if kind == "application/json" else zlib.decompress(base64.b64decode(text)))
