# diagnosis: from-labels


def roc_auc(positive, scores):
    yes = scores >= 0.5
    recall, false_alarms = yes[positive].mean(), yes[~positive].mean()
    return (1 + recall - false_alarms) / 2
