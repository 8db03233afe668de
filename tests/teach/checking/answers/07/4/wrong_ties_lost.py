# diagnosis: ties-lost
import numpy as np


def roc_auc(positive, scores):
    return np.mean(scores[positive][:, None] > scores[~positive][None, :])
