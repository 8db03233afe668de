# diagnosis: imports


from tinygen.metrics import roc_auc_score


def roc_auc(positive, scores):
    return roc_auc_score(positive, scores)
