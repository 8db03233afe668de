# diagnosis: changed-argument
import numpy as np


def roc_curve(positive, scores):
    fpr, tpr = [0.0], [0.0]
    pictures = scores.copy()
    scores.sort()
    for threshold in np.unique(scores)[::-1]:
        yes = pictures >= threshold
        fpr.append(yes[~positive].mean())
        tpr.append(yes[positive].mean())
    return np.array(fpr), np.array(tpr)
