"""A student's code run where it can do no harm: what it is kept from, what comes back."""
