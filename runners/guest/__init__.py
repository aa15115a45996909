"""The untrusted side: loads the submission and answers calls. It holds no test and no secret.

Imports `runners.wire` and nothing else of the project: this package and the wire are all of
Sandglass that a sandbox with student code contains.
"""
