"""The commands of the course: a module each."""
