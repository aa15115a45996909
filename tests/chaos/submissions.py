"""Right solutions of the small homework that take their time, so that a fault finds them at it."""

from __future__ import annotations

from tests.grader.pipeline.road import RIGHT

_NAP = b"\n\ndef nap():\n    import time\n\n    time.sleep(1)\n"

SLOW = {
    **RIGHT,
    "question1.py": RIGHT["question1.py"].replace(b"return a", b"nap(); return a") + _NAP,
}
"""Each check takes a second."""

SLOW_TO_LOAD = {**RIGHT, "question1.py": b"import time\n\ntime.sleep(3)\n" + RIGHT["question1.py"]}
