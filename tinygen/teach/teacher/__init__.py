"""What a teacher needs: handing out exercises, grading them, checking a course."""
