"""Classic grading: suite and submission in one process, for imported suites that need it.

Whatever runs here can be forged by the submission. A run says so in its receipt, and a homework
gets this only by asking for it (`isolation = "shared"`).
"""
