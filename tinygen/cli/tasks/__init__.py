"""The commands of the tasks, and what they have in common: the user's pictures, the report."""
