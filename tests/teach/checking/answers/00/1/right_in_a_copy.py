import numpy as np


def negative(pictures):
    paper = np.ones_like(pictures)
    paper -= pictures
    return paper
