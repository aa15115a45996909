"""Celery on a machine whose clock is wrong: `python -m tests.chaos.shifted SECONDS WORDS...`."""

from __future__ import annotations

import sys
import time

import time_machine
from celery.__main__ import main

if __name__ == "__main__":
    seconds = float(sys.argv.pop(1))
    time_machine.travel(time.time() + seconds, tick=True).start()
    sys.exit(main())
