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
    return -(-(prompt + output - 1) // block_size)


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
        self._prompt: dict[str, int] = {}
        self._output: dict[str, int] = {}
        self._done: dict[str, int] = {}

    def add(self, name: str, prompt: int, output: int) -> None:
        """Put a request at the end of the queue.

        prompt, output: the numbers P and G, at least 1
        raises: ValueError when a request of this name was added before (finished or not), or when
            it needs more blocks than the whole cache has; then nothing changes
        """
        if name in self._prompt:
            raise ValueError(f"{name} was added before")
        if blocks_needed(prompt, output, self.block_size) > self.blocks:
            raise ValueError(f"{name} can never fit")
        self._prompt[name], self._output[name], self._done[name] = prompt, output, 0
        self.waiting.append(name)

    def step(self) -> dict[str, list]:
        """Plan one step, and do its bookkeeping as if the work had been done.

        Work is given out in three passes, each as long as the budget lasts:

        1. One token to each running request that decodes, in the order of admission.
        2. To each running request whose prompt is not done, in the order of admission: as many
           tokens of its prompt as are left, at most `chunk` and at most what the budget has left.
        3. Requests are admitted from the head of the queue, as long as budget is left and the
           head's `blocks_needed` are free. It reserves all of them at once, moves to `running`, and
           gets prompt tokens as in 2. If the head does not fit, nobody behind it is admitted.

        Blocks of the requests that finish are free from the next step on.

        returns: a dict with three lists,
            "work": tuples (name, tokens) in the order in which it was given out; no tuple where a
                request gets nothing,
            "new": the names that got a new token, in the order of "work",
            "finished": the names that got their last one, in the order of "work"
        """
        left = self.budget
        work: list[tuple[str, int]] = []
        decoding = [name for name in self.running if self._done[name] >= self._prompt[name]]
        prefilling = [name for name in self.running if self._done[name] < self._prompt[name]]
        for name in decoding[:left]:
            work.append((name, 1))
        for name in prefilling:
            left -= self._prefill(name, left, work)
        while self.waiting and left and self._blocks(self.waiting[0]) <= self.free_blocks:
            name = self.waiting.pop(0)
            self.running.append(name)
            self.free_blocks -= self._blocks(name)
            left -= self._prefill(name, left, work)
        return self._account(work)

    def _blocks(self, name: str) -> int:
        return blocks_needed(self._prompt[name], self._output[name], self.block_size)

    def _prefill(self, name: str, left: int, work: list[tuple[str, int]]) -> int:
        """Note as much of the prompt as there is room for. Returns how many tokens that is."""
        tokens = min(self._prompt[name] - self._done[name], self.chunk, left)
        if tokens:
            work.append((name, tokens))
        return tokens

    def _account(self, work: list[tuple[str, int]]) -> dict[str, list]:
        new, finished = [], []
        for name, tokens in work:
            self._done[name] += tokens
            made = self._done[name] - self._prompt[name] + 1
            if made >= 1:
                new.append(name)
            if made == self._output[name]:
                finished.append(name)
                self.running.remove(name)
                self.free_blocks += self._blocks(name)
        return {"work": work, "new": new, "finished": finished}



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
    arrived = {name: start for start, name, _, _ in arrivals}
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    now = 0
    while len(last) < len(arrivals):
        for start, name, prompt, output in arrivals:
            if start == now:
                add(name, prompt, output)
        result = step()
        for name in result["new"]:
            first.setdefault(name, now - arrived[name])
        for name in result["finished"]:
            last[name] = now - arrived[name]
        now += 1
    return {name: (first[name], last[name]) for name in arrived}
