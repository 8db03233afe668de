# diagnosis: changed-argument
def negative(pictures):
    pictures *= -1
    pictures += 1
    return pictures
