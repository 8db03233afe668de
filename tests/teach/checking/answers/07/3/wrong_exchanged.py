# diagnosis: axes-exchanged
import numpy as np


def roc_curve(positive, scores):
    fpr, tpr = [0.0], [0.0]
    for threshold in sorted(set(scores.tolist()), reverse=True):
        yes = scores >= threshold
        fpr.append(yes[~positive].mean())
        tpr.append(yes[positive].mean())
    return np.array(tpr), np.array(fpr)
