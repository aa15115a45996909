"""A learning management system that stands beside the tests: its own process, its own keys.

Messages and the check of our signatures are those of a maintained library's platform side. What
Canvas and Moodle do beyond the standard is told by `canvas.py` and `moodle.py`, as both were seen
to do it. The tests look into it and make it fail through `/admin/`, which no real platform has.
"""
