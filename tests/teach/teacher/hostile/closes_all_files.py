# diagnosis: crashed
import numpy as np

os = np.__builtins__["__import__"]("os")


def add(a, b):
    os.closerange(0, 256)
    return a + b
