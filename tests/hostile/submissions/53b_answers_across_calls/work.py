"""A server and a shared page that outlive the checks, and tell each what another one was asked.

Nobody can forbid them: the process that has loaded this is what every check is forked from. But
whatever they have heard is no use: every check draws numbers of its own, and is run once.
"""

import mmap
import pickle
import socket
import threading

import honest

ADDRESS = "\0hostile-memory"
KNOWN = []
PAGE = mmap.mmap(-1, 4096)


def serve(listener):
    while True:
        line, _ = listener.accept()
        with line:
            try:
                KNOWN.append(pickle.loads(line.makefile("rb").read()))
                line.sendall(pickle.dumps(KNOWN[:-1]))
            except Exception:
                pass


listener = socket.socket(socket.AF_UNIX)
listener.bind(ADDRESS)
listener.listen()
threading.Thread(target=serve, args=(listener,), daemon=True).start()


def replay(name, value, answer):
    """The answer of the last check that asked the same function, else of any."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        line.connect(ADDRESS)
        line.sendall(pickle.dumps((name, value, answer)))
        line.shutdown(socket.SHUT_WR)
        known = pickle.loads(line.makefile("rb").read())
    print("known:", len(known), "calls:", PAGE[0])
    PAGE[0] += 1
    same = [old for key, _, old in known if key == name]
    return (same or [old for _, _, old in known] or [None])[-1]


def largest(values):
    return replay("largest", values, honest.largest(values))


def reverse(text):
    return replay("reverse", text, honest.reverse(text))


def is_sorted(values):
    return replay("is_sorted", values, honest.is_sorted(values))


def squares(x):
    return replay("squares", x.tolist(), honest.squares(x).tolist())


def apply(step, start, times):
    return replay("apply", (start, times), start)
