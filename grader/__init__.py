"""The domain: courses, submissions, jobs, scores. The only Django app that has models."""
