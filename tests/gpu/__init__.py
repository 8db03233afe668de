"""All checks on a real GPU, and times beside PyTorch's: ``python -m tests.gpu``."""
