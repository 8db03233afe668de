# diagnosis: timeout
import numpy as np

time = np.__builtins__["__import__"]("time")


def add(a, b):
    time.sleep(1000)
    return a + b
