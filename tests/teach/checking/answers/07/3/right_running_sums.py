import numpy as np


def roc_curve(positive, scores):
    order = np.argsort(-scores, kind="stable")
    hits, ranked = positive[order], scores[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    tpr = np.cumsum(hits)[last] / hits.sum()
    fpr = np.cumsum(~hits)[last] / (~hits).sum()
    return np.concatenate([[0], fpr]), np.concatenate([[0], tpr])
