# diagnosis: all-channels
def standardise(images):
    return (images - images.mean()) / images.std()
