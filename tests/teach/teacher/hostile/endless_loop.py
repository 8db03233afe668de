# diagnosis: timeout
def add(a, b):
    while True:
        pass
