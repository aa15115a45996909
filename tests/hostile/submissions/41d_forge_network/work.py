"""Asks the network for what it does not have, in words that no honest rank says."""

import gc

import torch
import torch.distributed as dist
from honest import plain_sum

X = torch.ones(2)
REQUESTS = [
    (),
    ("send",),
    ("send", X.requires_grad_(), 1, 0),
    ("send", torch.nn.Parameter(X), 1, 0),
    ("send", [X], 1, 0),
    ("send", X, 1.5, 0),
    ("recv", "1", 0),
    ("wait", 2**62),
    ("wait", -1),
    ("test", 1),
    ("collective", "all_reduce", [], "SUM", -1),
    ("collective", "all_reduce", [torch.ones(1)] * 5, "SUM", -1),
    ("collective", "all_reduce", [None], "SUM", -1),
    ("collective", "all_reduce", [torch.ones(1)], "PREMUL_SUM", -1),
    ("collective", "scatter", [torch.ones(1)] * 3, "", 0),
    ("collective", "broadcast", ["x"], "", 0),
    ("collective", "barrier", [torch.ones(1)], "", -1),
    ("collective", "__class__", [], "", -1),
    ("end", 1),
    ("report",),
]


def asker():
    """The function that asks the judge, without anything that would look at what is asked."""
    for thing in gc.get_objects():
        if getattr(thing, "__name__", "") == "ask_network":
            return thing
    raise SystemExit


def ring_sum(x):
    ask = asker()
    request = REQUESTS[int(abs(x.sum())) % len(REQUESTS)]
    ask(request[0] if request else "", ("work.py", 10**30), *request[1:])
    ask("wait", ("\x1b[31m" * 10_000, -1), 1)
    return x
