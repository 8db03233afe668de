"""The rows of the tasks, a file for each."""
