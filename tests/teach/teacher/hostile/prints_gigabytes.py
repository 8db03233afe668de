# diagnosis: too-much-output
def add(a, b):
    while True:
        print("all checks passed " * 1000)
