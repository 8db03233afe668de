"""What the models are for: small functions on top of them, a file for each task.

Pictures are float32 Tensors of shape (N, channels, height, width) from 0 to 1.
"""

from __future__ import annotations
