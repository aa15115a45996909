"""HTTP only: it reads requests, asks the grader, and renders answers."""
