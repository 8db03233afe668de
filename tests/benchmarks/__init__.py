"""Training steps timed against other frameworks: ``python -m tests.benchmarks`` (see README.md)."""
