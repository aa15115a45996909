"""Lies about itself: what it defines, which parameters it has, what went wrong in loading."""

from runners.guest import operations

from wrong import *  # noqa: F403

Operations = operations.Operations
DEEP = [[[[[[("missing",)]]]]]]
Operations.do_describe = lambda self, extra, values, named: [
    ("found", None),
    ("exception", "SystemExit", ["a\0b"]),
    ("exception", 7, None),
    DEEP,
]
Operations.do_signature = lambda self, extra, values, named: [("x", 99, True, DEEP)]
Operations.do_load = lambda self, extra, values, named: [
    {"origin": "work.py", "cell": 2**4000, "what": "raised", "details": {"builtin": 1}},
    {"origin": DEEP, "cell": None, "what": DEEP, "details": {"classes": ["a\0b"], "builtin": "x"}},
]
