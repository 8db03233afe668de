# diagnosis: timeout
def add(a, b):
    return a + b


while True:
    pass
