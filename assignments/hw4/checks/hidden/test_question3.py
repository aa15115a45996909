"""Hidden checks of problem 3: schedules against a plain model, and what must hold in any of them."""

from dataclasses import dataclass

import pytest
import question3


@dataclass
class Entry:
    """One request of the plain model."""

    name: str
    prompt: int
    output: int
    computed: int = 0
    admitted: bool = False

    @property
    def total(self):
        return self.prompt + self.output - 1


class Plain:
    """The rules of the homework, one request at a time."""

    def __init__(self, budget, chunk, blocks, block_size):
        self.budget, self.chunk, self.block_size = budget, chunk, block_size
        self.free, self.entries = blocks, []

    def need(self, entry):
        return len(range(0, entry.total, self.block_size))

    def step(self):
        work, left = {}, self.budget
        alive = [entry for entry in self.entries if entry.computed < entry.total]
        for phase in ("decode", "prefill", "admit"):
            for entry in alive:
                decodes = entry.admitted and entry.computed >= entry.prompt
                prefills = entry.admitted and entry.computed < entry.prompt
                if phase == "decode" and decodes and left:
                    work[entry.name] = 1
                elif phase == "prefill" and prefills and left:
                    work[entry.name] = min(entry.prompt - entry.computed, self.chunk, left)
                elif phase == "admit" and not entry.admitted:
                    if not left or self.need(entry) > self.free:
                        break
                    entry.admitted = True
                    self.free -= self.need(entry)
                    work[entry.name] = min(entry.prompt, self.chunk, left)
                else:
                    continue
                left -= work[entry.name]
        return self.account(work)

    def account(self, work):
        by_name = {entry.name: entry for entry in self.entries}
        new, finished = [], []
        for name, tokens in work.items():
            entry = by_name[name]
            entry.computed += tokens
            new += [name] if entry.computed >= entry.prompt else []
            if entry.computed == entry.total:
                finished.append(name)
                self.free += self.need(entry)
        return {"work": list(work.items()), "new": new, "finished": finished}

    def names(self, *, admitted):
        alive = [entry for entry in self.entries if entry.computed < entry.total]
        return [entry.name for entry in alive if entry.admitted == admitted]


def draw_setting(rng):
    """Budget, chunk, blocks and block size for which everything is scarce now and then."""
    chunk = int(rng.integers(2, 6))
    return {
        "budget": chunk + int(rng.integers(1, 4)),
        "chunk": chunk,
        "blocks": int(rng.integers(7, 12)),
        "block_size": int(rng.integers(2, 6)),
    }


def draw_requests(rng, setting, count=16):
    """Requests that fit into the cache alone, under names that say nothing of their order."""
    entries = setting["blocks"] * setting["block_size"]
    names = [f"r{number}" for number in rng.permutation(100)[:count]]
    requests = []
    for name in names:
        prompt = int(rng.integers(1, entries // 2))
        output = int(rng.integers(1, min(9, entries - prompt) + 1))
        requests.append((name, prompt, output))
    return requests


def run_both(rng, setting, requests, steps=400):
    """Feed a student's scheduler and the plain one alike; give their results, step by step."""
    student, plain = question3.Scheduler(**setting), Plain(**setting)
    left = list(requests)
    for _ in range(steps):
        if not left and not plain.names(admitted=True) + plain.names(admitted=False):
            return
        for name, prompt, output in left[: int(rng.integers(0, 3))]:
            student.add(name, prompt, output)
            plain.entries.append(Entry(name, prompt, output))
            left.pop(0)
        yield student, plain, student.step(), plain.step()
    raise AssertionError("the plain scheduler does not end")


def run_alone(setting, requests):
    """All requests at once, through a student's scheduler alone, as long as it works at all."""
    scheduler = question3.Scheduler(**setting)
    for request in requests:
        scheduler.add(*request)
    results = []
    most = sum(prompt + output for _, prompt, output in requests)
    while scheduler.running or scheduler.waiting:
        assert len(results) < most, "there is work, but it is not getting done"
        results.append((scheduler.step(), list(scheduler.running), scheduler.free_blocks))
    return results


def need(setting, prompt, output):
    return -(-(prompt + output - 1) // setting["block_size"])


@pytest.mark.points(0.5)
@pytest.mark.hint("Round up, and count neither one entry too many nor one too few.")
def test_blocks_needed(rng):
    """Blocks of random requests"""
    for _ in range(20):
        prompt, size, blocks = (int(n) for n in rng.integers(2, 30, size=3))
        for entries in (blocks * size - 1, blocks * size, blocks * size + 1):
            output = entries - prompt + 1
            if output >= 1:
                needed = question3.blocks_needed(prompt, output, size)
                assert needed == len(range(0, entries, size)), "wrong number of blocks"


@pytest.mark.points(2)
@pytest.mark.hint("Go through the three passes of `step` in their order, with one budget for all.")
@pytest.mark.parametrize("attempt", [1, 2, 3, 4])
def test_schedule(attempt, rng):
    """Whole schedules of random requests that arrive over time"""
    setting = draw_setting(rng)
    if attempt == 1:
        setting["budget"] = 2  # so that decodes leave too little for the prompts
    for student, plain, result, expected in run_both(rng, setting, draw_requests(rng, setting)):
        assert result["work"] == expected["work"], "wrong work"
        assert result["new"] == expected["new"], "wrong names under 'new'"
        assert result["finished"] == expected["finished"], "wrong names under 'finished'"
        assert student.running == plain.names(admitted=True), "wrong order in running"
        assert student.waiting == plain.names(admitted=False), "wrong order in waiting"
        assert student.free_blocks == plain.free, "wrong number of free blocks"


@pytest.mark.points(1.5)
@pytest.mark.hint("A prompt that is being computed must not hold up those that already talk.")
def test_decodes_come_first(rng):
    """Decodes are served before prompts, in the order of admission"""
    budget = int(rng.integers(4, 7))
    scheduler = question3.Scheduler(budget=budget, chunk=50, blocks=60, block_size=4)
    scheduler.add("talker", 1, 40)
    scheduler.step()
    scheduler.add("long", 5 * (budget - 1) + 2, 10)
    for _ in range(5):
        assert scheduler.step()["work"] == [("talker", 1), ("long", budget - 1)], "wrong shares"
    assert scheduler.step()["new"] == ["talker", "long"], "the prompt is done in this step"

    # More decode than the budget lets: the oldest ones go on, the others and new prompts wait.
    scheduler = question3.Scheduler(budget=2, chunk=9, blocks=60, block_size=4)
    for name in ("p", "q"):
        scheduler.add(name, 1, 3)
    assert scheduler.step()["work"] == [("p", 1), ("q", 1)], "both prompts fit"
    scheduler.add("r", 4, 1)
    assert scheduler.step()["work"] == [("p", 1), ("q", 1)], "the budget is used up by decode"
    assert scheduler.waiting == ["r"], "without budget nobody is admitted"


@pytest.mark.points(1.5)
@pytest.mark.hint("Three numbers bound a chunk: what is left of the prompt, of the budget, `chunk`.")
def test_chunked_prefill(rng):
    """Long prompts are computed in chunks, and the first token comes with the last chunk"""
    chunk = int(rng.integers(3, 6))
    scheduler = question3.Scheduler(budget=2 * chunk - 1, chunk=chunk, blocks=40, block_size=4)
    scheduler.add("a", 2 * chunk + 1, 2)
    scheduler.add("b", 2 * chunk, 1)
    expected = [
        ([("a", chunk), ("b", chunk - 1)], []),
        ([("a", chunk), ("b", chunk - 1)], []),
        ([("a", 1), ("b", 2)], ["a", "b"]),
        ([("a", 1)], ["a"]),
    ]
    for work, new in expected:
        result = scheduler.step()
        assert result["work"] == work, "wrong chunks"
        assert result["new"] == new, "a new token comes too early or too late"


@pytest.mark.points(1)
@pytest.mark.hint("Reserve everything at admission, give everything back at the end, once.")
def test_blocks_are_reserved_and_released(rng):
    """The cache never holds more than it can, and is empty in the end"""
    setting = draw_setting(rng)
    requests = draw_requests(rng, setting)
    requests.append(("border", setting["block_size"], 1))  # exactly one block: P + G - 1 entries
    sizes = {name: need(setting, prompt, output) for name, prompt, output in requests}
    for _, running, free in run_alone(setting, requests):
        held = sum(sizes[name] for name in running)
        assert held <= setting["blocks"], "more is reserved than there is"
        assert free == setting["blocks"] - held, "free_blocks is not what the running ones leave"
    assert free == setting["blocks"], "in the end all blocks are free"


@pytest.mark.points(1)
@pytest.mark.hint("If the head of the queue does not fit, everybody behind it waits as well.")
def test_no_overtaking(rng):
    """Requests are admitted in the order in which they came"""
    scheduler = question3.Scheduler(budget=50, chunk=50, blocks=10, block_size=2)
    scheduler.add("first", 10, 3)
    scheduler.add("large", 12, 1)
    for number in range(3):
        scheduler.add(f"small{number}", 1 + number, 1)
    for _ in range(2):
        scheduler.step()
        assert scheduler.running == ["first"], "somebody else was admitted"
    assert scheduler.step()["finished"] == ["first"], "the first one ends with its third token"
    assert scheduler.waiting[0] == "large", "blocks of this step are free from the next on"
    assert scheduler.step()["finished"] == ["large", "small0", "small1", "small2"]


@pytest.mark.points(1)
@pytest.mark.hint("Add up what you give out, in all three passes together.")
def test_budget_is_never_exceeded(rng):
    """No step does more work than the budget, and no prompt gets more than a chunk"""
    cases = []
    for chunk in (2, 3, 4, 5):
        setting = {**draw_setting(rng), "chunk": chunk, "budget": chunk + 1}
        cases.append((setting, draw_requests(rng, setting)))
    # Three that talk while a long prompt is computed.
    setting = {"budget": 4, "chunk": 4, "blocks": 60, "block_size": 4}
    cases.append((setting, [("a", 1, 9), ("b", 1, 9), ("c", 1, 9), ("long", 20, 1)]))
    for setting, requests in cases:
        for result, _, _ in run_alone(setting, requests):
            amounts = [tokens for _, tokens in result["work"]]
            assert sum(amounts) <= setting["budget"], "more work than the budget"
            assert all(1 <= tokens <= setting["chunk"] for tokens in amounts), "a wrong amount"
            names = [name for name, _ in result["work"]]
            assert len(names) == len(set(names)), "a request got work twice in one step"


@pytest.mark.points(1)
@pytest.mark.hint("P + G - 1 tokens of work and G new tokens for each: the last prompt token counts.")
def test_every_token_once(rng):
    """Each request gets exactly its work and its tokens, and none is forgotten"""
    setting = draw_setting(rng)
    requests = draw_requests(rng, setting)
    work = {name: 0 for name, _, _ in requests}
    new, finished = dict(work), dict(work)
    for result, _, _ in run_alone(setting, requests):
        for name, tokens in result["work"]:
            work[name] += tokens
        for name in result["new"]:
            new[name] += 1
        for name in result["finished"]:
            finished[name] += 1
    for name, prompt, output in requests:
        assert work[name] == prompt + output - 1, "wrong amount of work"
        assert new[name] == output, "wrong number of new tokens"
        assert finished[name] == 1, "each request finishes once"


@pytest.mark.points(0.5)
@pytest.mark.hint("Look before you change anything: the name, and what the request needs in all.")
def test_add_refuses(rng):
    """Requests that can never fit and names that were used before are refused"""
    blocks, size = int(rng.integers(3, 8)), int(rng.integers(2, 6))
    scheduler = question3.Scheduler(budget=99, chunk=99, blocks=blocks, block_size=size)
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the student's own
        scheduler.add("large", blocks * size, 2)
    assert scheduler.waiting == [], "a refused request must not wait"
    scheduler.add("large", blocks * size, 1)
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the student's own
        scheduler.add("large", 1, 1)
    scheduler.step()
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the student's own
        scheduler.add("large", 1, 1)


@pytest.mark.points(1)
@pytest.mark.hint("Add what arrives, then step, then look; measure from each request's arrival.")
def test_simulate(rng):
    """Time to the first token and to the end, with a scheduler of ours and random arrivals"""
    setting = draw_setting(rng)
    arrivals = [
        (int(rng.integers(0, 30)), *request) for request in draw_requests(rng, setting, count=9)
    ]
    arrivals[3] = (60, *arrivals[3][1:])  # Until it comes, there may be nothing to do.
    start = {name: step for step, name, _, _ in arrivals}
    plain, first, last, added, results = Plain(**setting), {}, {}, [], []

    def add(name, prompt, output):
        assert start[name] == len(results), "a request was added too early or too late"
        added.append(name)
        plain.entries.append(Entry(name, prompt, output))

    def step():
        assert len(last) < len(arrivals), "a step after the last request was finished"
        results.append(plain.step())
        for name in results[-1]["new"]:
            first.setdefault(name, len(results) - 1 - start[name])
        last.update({name: len(results) - 1 - start[name] for name in results[-1]["finished"]})
        return results[-1]

    times = question3.simulate(add, step, arrivals)

    in_order = [name for at in sorted(set(start.values())) for name in start if start[name] == at]
    assert added == in_order, "requests of one step were not added in the order of the list"
    assert times == {name: (first[name], last[name]) for name in start}, "wrong times"
