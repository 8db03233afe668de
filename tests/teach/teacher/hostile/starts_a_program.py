# diagnosis: exception
import numpy as np

subprocess = np.__builtins__["__import__"]("subprocess")


def add(a, b):
    subprocess.run(["/bin/true"], check=True)
    return a + b
