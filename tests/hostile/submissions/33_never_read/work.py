"""Stops reading, so that whoever writes to it would wait for ever."""

from channel import ask, integer, raw, wait
from honest import *  # noqa: F403
from honest import Tracker as Honest
from runners.guest import pipe


class Tracker(Honest):
    def update(self, x):
        super().update(x)
        # This call is answered; the next one brings 4 MB, of which not a byte is read.
        pipe.receive = lambda sock: wait()


def iterate(step, start, times):
    # Questions without end, and no eye for the answers.
    question = ask("callback", integer(step.number))
    data = len(question).to_bytes(4, "big") + b"D" + question
    for _ in range(100):
        raw(data * 100)
    wait()
