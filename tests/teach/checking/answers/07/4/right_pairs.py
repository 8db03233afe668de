def roc_auc(positive, scores):
    wins = 0.0
    for high in scores[positive]:
        for low in scores[~positive]:
            wins += 1.0 if high > low else 0.5 if high == low else 0.0
    return wins / (positive.sum() * (~positive).sum())
