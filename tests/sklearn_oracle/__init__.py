"""tinygen's metrics beside scikit-learn's and scikit-image's: ``pytest tests/sklearn_oracle``.

Not part of the default suite. ``pip install scikit-learn scikit-image`` first.
"""
