"""From a student's function to a verdict that says what is wrong."""
