"""The views, by page. Each reads a request, asks the grader for one page, and renders it."""
