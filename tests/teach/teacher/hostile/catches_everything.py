# diagnosis: timeout
def add(a, b):
    while True:
        try:
            raise ValueError
        except BaseException:
            continue
