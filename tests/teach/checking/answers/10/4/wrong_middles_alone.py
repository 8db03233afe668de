# diagnosis: middles-alone


def code_report(mu, logvar):
    return mu.var(axis=0) > 0.01, mu.std(axis=0)
