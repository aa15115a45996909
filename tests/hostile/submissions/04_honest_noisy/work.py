"""A correct notebook, exported with everything that was lying around in it."""

import logging
import sys
import threading
import time
import warnings

import torch

from honest import *  # noqa: F403
from honest import Tracker as PlainTracker
from honest import count_inversions as plain_count
from honest import softmax as plain_softmax

print("Hello! Using device:", "cuda" if torch.cuda.is_available() else "cpu")
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
warnings.warn("this notebook is old", stacklevel=1)

try:
    import matplotlib.pyplot as plt

    plt.plot([1, 2, 3])
    plt.savefig("loss.png")
except (ImportError, OSError) as error:
    print("no plots:", error)

# A little training run while the module is loaded, on more threads than the sandbox has.
torch.set_num_threads(4)
weights = torch.zeros(256, 256, requires_grad=True)
for epoch in range(3):
    loss = ((torch.randn(512, 256) @ weights - 1) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        weights -= 0.1 * weights.grad
        weights.grad.zero_()
    print(f"\repoch {epoch} loss {loss.item():.3f}", end="")
print()


def heartbeat():
    while True:
        time.sleep(0.05)
        print(".", end="", flush=True)


threading.Thread(target=heartbeat, daemon=True).start()


def softmax(x):
    print("softmax of", x)
    warnings.warn("softmax is slow", stacklevel=2)
    torch.randn(300, 300) @ torch.randn(300, 300)
    return plain_softmax(x)


def count_inversions(values):
    result = []
    worker = threading.Thread(target=lambda: result.append(plain_count(values)))
    worker.start()
    worker.join()
    print("x" * 20_000, file=sys.stderr)
    logging.debug("inversions: %s", result)
    return result[0]


class Tracker(PlainTracker):
    def __repr__(self):
        return f"<Tracker {self.total}>"

    def update(self, x):
        super().update(x)
        print(self)
        sys.stdout.flush()


if __name__ == "__main__":
    assert input("Ready? ") == "yes"
    raise SystemExit("only when run by hand")
