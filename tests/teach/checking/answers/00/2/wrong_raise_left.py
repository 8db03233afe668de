# diagnosis: raise-left-in
def blend(a, b):
    raise NotImplementedError("00.2: fill in blend, about 1 lines. Hint: tinygen hint 00.2")
    return (a + b) / 2
