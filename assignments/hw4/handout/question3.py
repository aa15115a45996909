"""Problem 3: a scheduler that batches prefill and decode continuously.

A request has a prompt of P tokens and wants G new ones. Work on it is counted in tokens:

    prefill   the P tokens of the prompt, in one step or in chunks over several steps; the step that
              computes the last of them also gives the first new token
    decode    each further new token takes one token of work in a later step

So a request takes P + G - 1 tokens of work, and gives its new tokens one in a step. It is finished
with the step that gives its last one. Do not use torch here.
"""

from collections.abc import Callable


def blocks_needed(prompt: int, output: int, block_size: int) -> int:
    """How many blocks of the key-value cache a request fills until it ends.

    The cache holds one entry for each token of work: P + G - 1. The last new token never enters it.

    prompt, output, block_size: whole numbers, at least 1
    """
    # Your code here.
    raise NotImplementedError


class Scheduler:
    """Decides, step after step, on which requests how much work is done.

    waiting: a list of the names of the requests that were not admitted yet, oldest first
    running: a list of the names of the admitted requests that are not finished, in the order of
        admission
    free_blocks: how many blocks of the cache are not reserved
    """

    def __init__(self, budget: int, chunk: int, blocks: int, block_size: int) -> None:
        """Start without requests and with all blocks free.

        budget: the most tokens of work in one step, for all requests together
        chunk: the most tokens of a prompt in one step, for one request
        blocks: how many blocks the cache has, of `block_size` entries each
        """
        self.budget = budget
        self.chunk = chunk
        self.blocks = blocks
        self.block_size = block_size
        self.waiting: list[str] = []
        self.running: list[str] = []
        self.free_blocks = blocks
        # Your code here.
        raise NotImplementedError

    def add(self, name: str, prompt: int, output: int) -> None:
        """Put a request at the end of the queue.

        prompt, output: the numbers P and G, at least 1
        raises: ValueError when a request of this name was added before (finished or not), or when
            it needs more blocks than the whole cache has; then nothing changes
        """
        # Your code here.
        raise NotImplementedError

    def step(self) -> dict[str, list]:
        """Plan one step, and do its bookkeeping as if the work had been done.

        Work is given out in three passes, each as long as the budget lasts:

        1. One token to each running request that decodes, in the order of admission.
        2. To each running request whose prompt is not done, in the order of admission: as many
           tokens of its prompt as are left, at most `chunk` and at most what the budget has left.
        3. Requests are admitted from the head of the queue, as long as budget is left and the
           head's `blocks_needed` are free. It reserves all of them at once, moves to `running`, and
           gets prompt tokens as in 2. If the head does not fit, nobody behind it is admitted.

        Blocks of the requests that finish cannot be used in the same step; `free_blocks` counts
        them once `step` has returned.

        returns: a dict with three lists,
            "work": tuples (name, tokens) in the order in which it was given out; no tuple where a
                request gets nothing,
            "new": the names that got a new token, in the order of "work",
            "finished": the names that got their last one, in the order of "work"
        """
        # Your code here.
        raise NotImplementedError

    # Your code here.
    pass


def simulate(
    add: Callable[[str, int, int], None],
    step: Callable[[], dict[str, list]],
    arrivals: list[tuple[int, str, int, int]],
) -> dict[str, tuple[int, int]]:
    """Run a scheduler until all requests are finished, and measure how long they waited.

    Before step t (the first step is 0) every request that arrives at t is added, in the order of
    the list. Steps with nothing to do count as well. No step follows the one that finishes the
    last request.

    add, step: the methods of a fresh scheduler
    arrivals: (step, name, prompt, output), at least one, in any order
    returns: for each name a tuple: how many steps after its arrival's step it got its first new
        token, and how many until it was finished; both are 0 when that was in its arrival's step
    """
    # Your code here.
    raise NotImplementedError
