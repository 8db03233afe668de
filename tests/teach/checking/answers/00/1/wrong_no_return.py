# diagnosis: nothing-returned
def negative(pictures):
    inked = 1 - pictures
    print(inked)
