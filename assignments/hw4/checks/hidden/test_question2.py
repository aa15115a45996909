"""Hidden checks of problem 2: exact distributions, replays with known random numbers, trees."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
import question2
import torch


class Numbers:
    """A `uniform` that gives known numbers and notes how many were taken."""

    def __init__(self, values):
        self.values = [float(value) for value in values]
        self.taken = 0

    def __call__(self):
        assert self.taken < len(self.values), "more random numbers were drawn than there are draws"
        self.taken += 1
        return self.values[self.taken - 1]


def draw_probs(rng, *shape):
    """Random distributions, some tokens of which have the probability 0."""
    weights = rng.random(shape) ** 3 * (rng.random(shape) < 0.8)
    weights[..., int(rng.integers(shape[-1]))] += 0.1
    return torch.from_numpy(weights / weights.sum(axis=-1, keepdims=True))


def pick(weights, u):
    """The rule of `sample`, by a loop."""
    total, reached = float(np.cumsum(weights)[-1]), 0.0
    for token, weight in enumerate(weights):
        reached += float(weight)
        if reached > u * total:
            return token
    raise AssertionError("no token")


def rest_of(p, q):
    """What is left to draw from where a draft token is rejected."""
    return np.maximum(p - q, 0)


def decide(tokens, q, p, uniform, rest=rest_of):
    """The rule of `verify`."""
    for i, token in enumerate(tokens):
        if uniform() * q[i][token] >= p[i][token]:
            return [*tokens[:i], pick(rest(p[i], q[i]), uniform())]
    return [*tokens, pick(p[len(tokens)], uniform())]


class Model:
    """A language model whose next token depends on all tokens before it. It counts its calls."""

    def __init__(self, rng, vocab=4):
        self.table = draw_probs(rng, 7, vocab).numpy()
        self.calls = []

    def next(self, tokens):
        return self.table[sum((i + 1) * token for i, token in enumerate(tokens)) % 7]

    def draft(self, tokens):
        self.calls.append(list(tokens))
        return torch.from_numpy(self.next(tokens))

    def target(self, tokens):
        self.calls.append(list(tokens))
        rows = [self.next(tokens[: i + 1]) for i in range(len(tokens))]
        return torch.from_numpy(np.stack(rows))


def replay(target, draft, prompt, count, gamma, uniform, rest=rest_of):
    """The rule of `generate`."""
    made, accepted = list(prompt), []
    while len(made) < len(prompt) + count:
        room = len(prompt) + count - len(made)
        guesses, q = [], []
        while len(guesses) < min(gamma, room - 1):
            q.append(draft.next(made + guesses))
            guesses.append(pick(q[-1], uniform()))
        p = [target.next(made + guesses[:i]) for i in range(len(guesses) + 1)]
        made += decide(guesses, q, p, uniform, rest)
        accepted.append(len(made) - len(prompt) - count + room - 1)
    return made[len(prompt) :], accepted


def draw_sequences(rng):
    """Drafts over few tokens, so that they share prefixes; some are a prefix of another."""
    return [
        [int(token) for token in rng.integers(0, 3, size=int(rng.integers(1, 6)))]
        for _ in range(int(rng.integers(4, 9)))
    ]


def tree_of(sequences):
    """The prefixes of all sequences in the order of their first appearance: one for each node."""
    prefixes = []
    for sequence in sequences:
        for end in range(1, len(sequence) + 1):
            if sequence[:end] not in prefixes:
                prefixes.append(sequence[:end])
    tokens = [prefix[-1] for prefix in prefixes]
    parents = [prefixes.index(prefix[:-1]) if prefix[:-1] else -1 for prefix in prefixes]
    return prefixes, tokens, parents


@pytest.mark.points(1)
@pytest.mark.hint("Compare the running sum with u times the total. Both `>` and the scale matter.")
def test_sample(rng):
    """Tokens for random weights and for numbers on the border between two tokens"""
    weights = torch.tensor([0.0, 2.0, 0.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    for u, token in [(0.0, 1), (0.4999, 1), (0.5, 3), (0.7499, 3), (0.75, 4), (0.9999, 4)]:
        got = question2.sample(weights, u)
        assert type(got) is int, "a token is a Python int"
        assert got == token, "wrong token on a border"
    for _ in range(10):
        weights = 5 * torch.from_numpy(rng.random(9))
        u = float(rng.random())
        assert question2.sample(weights, u) == pick(weights.numpy(), u), "wrong token"


@pytest.mark.points(1.5)
@pytest.mark.hint(
    "Follow the order of the random numbers: one for each token that is looked at, one for the "
    "token that you draw yourself, and none after it."
)
def test_verify_follows_the_rule(rng):
    """Tokens and random numbers of many verifications, one by one"""
    lengths = set()
    for _ in range(24):
        n = int(rng.integers(0, 4))
        q, p = draw_probs(rng, n, 5), draw_probs(rng, n + 1, 5)
        p[:n] = 0.5 * p[:n] + 0.5 * q  # Near enough that whole drafts are accepted.
        tokens = [pick(row, rng.random()) for row in q.numpy()]
        values = rng.random(n + 1)
        expected_uniform, uniform = Numbers(values), Numbers(values)
        expected = decide(tokens, q.numpy(), p.numpy(), expected_uniform)

        assert question2.verify(list(tokens), q, p, uniform) == expected, "wrong tokens"

        assert uniform.taken == expected_uniform.taken, "wrong number of random numbers"
        lengths.add((n, len(expected)))
    assert len(lengths) > 3, "the cases are too much alike"

    q = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    p = torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=torch.float64)
    border = Numbers([0.5, 0.0])  # u * q is p exactly: not below it.
    assert question2.verify([0], q, p, border) == [1], "wrong on the border of acceptance"


@pytest.mark.points(2)
@pytest.mark.hint(
    "The residual max(p - q, 0) makes up for exactly what acceptance took away. Drawing from p "
    "itself after a rejection, or accepting by another ratio, shifts the distribution."
)
def test_distribution_is_the_targets(rng):
    """The output has exactly the target's distribution, by going through all random numbers"""
    # All probabilities are multiples of 1/8 or 1/4, so every border lies between grid points.
    q = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)]
    q = [q[i] for i in rng.permutation(3)]
    p = [q[1], q[2], q[0]]
    # Every token is possible: else drawing from p itself can be right by chance.
    while sorted(p) == sorted(q) or min(p) == 0:
        cuts = sorted(int(cut) for cut in rng.integers(0, 9, size=2))
        p = [Fraction(n, 8) for n in (cuts[0], cuts[1] - cuts[0], 8 - cuts[1])]
    after = [Fraction(int(n), 4) for n in rng.permutation([0, 1, 3])]
    rest = int(8 * sum(max(a - b, 0) for a, b in zip(p, q, strict=True)))
    fine = math.lcm(4, max(rest, 1))
    draft_row = torch.tensor([[float(x) for x in q]], dtype=torch.float64)
    as_rows = torch.tensor([[float(x) for x in row] for row in (p, after)], dtype=torch.float64)

    first, second = Counter(), Counter()
    for token in range(3):
        for i in range(4):
            for j in range(fine):
                uniform = Numbers([(i + 0.5) / 4, (j + 0.5) / fine])
                result = question2.verify([token], draft_row, as_rows, uniform)
                weight = q[token] / (4 * fine)
                first[result[0]] += weight
                if len(result) > 1:
                    second[result[1]] += weight

    assert [first[token] for token in range(3)] == p, "the first token is not distributed as p"
    accepted = sum(min(a, b) for a, b in zip(p, q, strict=True))
    assert sum(second.values()) == accepted, "the draft is not accepted as often as it should be"
    expected = [accepted * x for x in after]
    assert [second[token] for token in range(3)] == expected, "the token after it is not"


@pytest.mark.points(1.5)
@pytest.mark.hint(
    "Which row of the target belongs to which draft token? The row of token i says what comes "
    "AFTER it. And the last round may want fewer drafts."
)
@pytest.mark.parametrize("gamma", [0, 1, 3])
def test_generate_follows_the_rule(gamma, rng):
    """Tokens of whole generations, with known random numbers"""
    expected, from_the_target = None, None
    while expected == from_the_target:  # A rejected token has to show what replaced it.
        target, draft = Model(rng), Model(rng)
        draft.table = 0.3 * target.table + 0.7 * draft.table
        prompt = [int(token) for token in rng.integers(0, 4, size=3)]
        count = int(rng.integers(24, 32))
        values = rng.random(400)
        expected_uniform, uniform = Numbers(values), Numbers(values)
        expected = replay(target, draft, prompt, count, gamma, expected_uniform)
        if gamma == 0:
            break
        setting = (target, draft, prompt, count, gamma, Numbers(values))
        from_the_target = replay(*setting, rest=lambda p, q: p)
    before = list(prompt)

    tokens, accepted = question2.generate(
        target.target, draft.draft, prompt, count, gamma, uniform
    )

    assert tokens == expected[0], "wrong tokens"
    assert accepted == expected[1], "wrong numbers of accepted tokens"
    assert uniform.taken == expected_uniform.taken, "wrong number of random numbers"
    assert prompt == before, "the prompt has changed"


@pytest.mark.points(1)
@pytest.mark.hint("What comes out must not depend on the draft model, only how fast it comes.")
def test_generate_in_distribution(rng):
    """Many generations are distributed as the target's, whatever the draft says"""
    runs, likes = 500, int(rng.integers(2))
    first, stays = float(rng.uniform(0.45, 0.6)), float(rng.uniform(0.85, 0.95))

    def target(tokens):  # Behind the prompt nearly even, then it mostly repeats the last token.
        rows = [[stays, 1 - stays] if token == 0 else [1 - stays, stays] for token in tokens]
        rows[0] = [first, 1 - first]
        return torch.tensor(rows, dtype=torch.float64)

    def draft(tokens):
        return torch.eye(2, dtype=torch.float64)[likes]

    seen = Counter()
    for _ in range(runs):
        numbers = Numbers(rng.random(6))
        tokens, _ = question2.generate(target, draft, [1], 2, 1, numbers)
        seen[tuple(tokens)] += 1
        seen[tokens[0]] += 1

    # By Hoeffding's inequality a right solution is further off once in ten million gradings.
    bound = math.sqrt(math.log(2 * 6 / 1e-7) / (2 * runs))
    for token, chance in enumerate([first, 1 - first]):
        assert abs(seen[token] / runs - chance) < bound, "a token is too rare or too often"
        assert abs(seen[token, token] / runs - chance * stays) < bound, "a pair is, with the same"
        other = seen[token, 1 - token] / runs
        assert abs(other - chance * (1 - stays)) < bound, "a pair is, with another token"


@pytest.mark.points(1.5)
@pytest.mark.hint("One call of the target for each round, one of the draft for each draft token.")
def test_calls_of_the_models(rng):
    """The target is called once for each round, with all draft tokens"""
    gamma, count = int(rng.integers(2, 5)), int(rng.integers(9, 14))
    for agree in (True, False):
        target, draft = Model(rng), Model(rng)
        target.table = np.eye(4)[rng.integers(0, 4, size=7)]
        draft.table = target.table if agree else np.roll(target.table, 1, axis=1)

        tokens, accepted = question2.generate(
            target.target, draft.draft, [2], count, gamma, lambda: 0.5
        )

        rounds = math.ceil(count / (gamma + 1)) if agree else count
        assert len(tokens) == count, "wrong number of tokens"
        assert len(accepted) == rounds, "wrong number of rounds"
        assert len(target.calls) == rounds, "the target was not called once for each round"
        made, drafted, judged = 1, [], []
        for kept in accepted:
            wanted = min(gamma, count - made)
            drafted += range(made, made + wanted)
            judged.append(made + wanted)
            made += kept + 1
        assert [len(call) for call in target.calls] == judged, "the target did not see all drafts"
        assert [len(call) for call in draft.calls] == drafted, "the draft was not asked in turn"


@pytest.mark.points(0.5)
@pytest.mark.hint("A round gives at least i + 1 tokens with the probability alpha ** i. Sum them.")
def test_expected_tokens(rng):
    """Average number of tokens in a round, with the ends 0 and 1"""
    alpha, gamma = float(rng.uniform(0.1, 0.9)), int(rng.integers(2, 9))
    stop = [(1 - alpha) * alpha**i * (i + 1) for i in range(gamma)]
    expected = sum(stop) + alpha**gamma * (gamma + 1)
    assert question2.expected_tokens(alpha, gamma) == pytest.approx(expected), "wrong in between"
    assert question2.expected_tokens(1.0, gamma) == pytest.approx(gamma + 1), "wrong at alpha 1"
    assert question2.expected_tokens(0.0, gamma) == pytest.approx(1), "wrong at alpha 0"
    assert question2.expected_tokens(alpha, 0) == pytest.approx(1), "wrong without drafts"


@pytest.mark.points(0.5)
@pytest.mark.hint("A node is a whole prefix, not a token: the same token may stand in many nodes.")
def test_build_tree(rng):
    """The prefix tree of random drafts"""
    sequences = draw_sequences(rng)
    _, tokens, parents = tree_of(sequences)
    got_tokens, got_parents = question2.build_tree(sequences)
    assert got_tokens == tokens, "wrong tokens"
    assert got_parents == parents, "wrong parents"
    assert question2.build_tree([]) == ([], []), "no drafts give no nodes"


@pytest.mark.points(1)
@pytest.mark.hint("All ancestors, not the parent alone; and no sibling. Depth counts from the prompt.")
def test_tree_mask_and_positions(rng, assert_tensor):
    """Mask and positions of random trees, with and without a prompt"""
    # Drafts that part behind their first token, and others.
    prefixes, _, parents = tree_of([[0, 1, 2], [0, 2], *draw_sequences(rng)])
    for past in (0, int(rng.integers(1, 5))):
        rows = [
            [True] * past + [row[: len(column)] == column for column in prefixes]
            for row in prefixes
        ]
        assert_tensor(question2.tree_mask(parents, past), torch.tensor(rows))
        positions = torch.tensor([past + len(prefix) - 1 for prefix in prefixes])
        assert_tensor(question2.tree_positions(parents, past), positions)


@pytest.mark.points(0.5)
@pytest.mark.hint("From a node go on to the child that holds the target's choice after that node.")
def test_accept_tree(rng):
    """The accepted path of random trees"""
    lengths = set()
    while len(lengths) < 3:
        prefixes, tokens, parents = tree_of(draw_sequences(rng))
        choices = [int(token) for token in rng.integers(0, 3, size=len(tokens) + 1)]
        path = [choices[0]]
        while path in prefixes:
            path = [*path, choices[prefixes.index(path) + 1]]
        assert question2.accept_tree(tokens, parents, choices) == path, "wrong path"
        lengths.add(len(path))
