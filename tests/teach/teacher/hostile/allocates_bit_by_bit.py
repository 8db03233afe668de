# diagnosis: memory
import numpy as np


def add(a, b):
    pieces = []
    while True:
        pieces.append(np.empty(2**23))
