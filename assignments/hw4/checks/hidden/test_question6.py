"""Hidden checks of problem 6: losses and their gradients, and ratings that are most likely."""

import itertools
import math

import numpy as np
import pytest
import question6
import torch

K = math.log(10) / 400


def draw(rng, *shape, dtype=torch.float64):
    """A tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def draw_battles(rng, players, count):
    """Battles between players of different strength, with ties, in which everybody wins once."""
    strength = rng.normal(0, 1, size=players)
    battles = [(i, (i + 1) % players, "a") for i in range(players)]
    for _ in range(count):
        a, b = (int(player) for player in rng.permutation(players)[:2])
        chance = 1 / (1 + math.exp(strength[b] - strength[a]))
        result = "tie" if rng.random() < 0.2 else "a" if rng.random() < chance else "b"
        battles.append((a, b, result))
    return battles


def wins_of(battles, players):
    """The matrix of wins, by numpy."""
    wins = np.zeros((players, players))
    for a, b, result in battles:
        wins[a, b] += {"a": 1, "b": 0, "tie": 0.5}[result]
        wins[b, a] += {"a": 0, "b": 1, "tie": 0.5}[result]
    return torch.from_numpy(wins)


def chances(ratings):
    return 1 / (1 + torch.exp(K * (ratings[None] - ratings[:, None])))


def information_of(wins, ratings):
    """The Fisher information, entry by entry."""
    p, n = chances(ratings), wins + wins.T
    information = torch.zeros_like(wins)
    for i, j in itertools.permutations(range(len(wins)), 2):
        information[i, j] = -(K**2) * n[i, j] * p[i, j] * p[j, i]
        information[i, i] -= information[i, j]
    return information


def most_likely(wins):
    """The ratings by Newton's method, with the mean 1000."""
    ratings = torch.full((len(wins),), 1000.0, dtype=torch.float64)
    for _ in range(60):
        slope = K * (wins - (wins + wins.T) * chances(ratings)).sum(dim=1)
        move = torch.linalg.pinv(information_of(wins, ratings)) @ slope
        ratings = ratings + move.clamp(-100, 100)
        ratings = ratings - ratings.mean() + 1000
    return ratings


@pytest.mark.points(1.5)
@pytest.mark.hint("Shift by one: drop the last prediction and the first token. Sum, do not average.")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sequence_logprob(dtype, rng, assert_tensor):
    """Log-probabilities of random answers, also where the mask marks the first token"""
    batch, length, vocab = (int(size) for size in rng.permutation([3, 4, 5, 6])[:3])
    logits = 3 * draw(rng, batch, length, vocab, dtype=dtype)
    tokens = torch.from_numpy(rng.integers(0, vocab, size=(batch, length)))
    mask = torch.from_numpy(rng.random((batch, length)) < 0.6)
    mask[0], mask[1, 0], mask[1, 1], mask[2, 1:3] = False, True, False, True
    expected = torch.zeros(batch, dtype=dtype)
    for row, t in itertools.product(range(batch), range(1, length)):
        if mask[row, t]:
            prediction = logits[row, t - 1]
            expected[row] += prediction[tokens[row, t]] - prediction.logsumexp(dim=0)
    assert_tensor(question6.sequence_logprob(logits, tokens, mask), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.points(1.5)
@pytest.mark.hint("Policy minus reference, chosen minus rejected, times beta, inside of the sigmoid.")
def test_dpo_loss(rng, assert_tensor):
    """Loss and rewards of random pairs"""
    beta = float(rng.uniform(0.05, 0.5))
    pc, pr, rc, rr = (-20 + 5 * draw(rng, 6) for _ in range(4))

    loss, chosen, rejected = question6.dpo_loss(pc, pr, rc, rr, beta)

    margins = beta * ((pc - pr) - (rc - rr))
    assert_tensor(loss, torch.log1p(torch.exp(-margins)).mean())
    assert_tensor(chosen, beta * (pc - rc))
    assert_tensor(rejected, beta * (pr - rr))


@pytest.mark.points(1.5)
@pytest.mark.hint("The reference is a constant, and so are the rewards that you report.")
def test_dpo_gradients(rng, assert_tensor):
    """Gradients reach the policy, with the right weight for each pair, and nothing else"""
    beta, pairs = float(rng.uniform(0.1, 0.5)), int(rng.integers(3, 7))
    numbers = [(5 * draw(rng, pairs)).requires_grad_() for _ in range(4)]
    pc, pr, rc, rr = (number.detach() for number in numbers)

    loss, chosen, rejected = question6.dpo_loss(*numbers, beta)
    loss.backward()

    weight = beta / pairs / (1 + torch.exp(beta * ((pc - pr) - (rc - rr))))
    for number, expected in zip(numbers[:2], (-weight, weight), strict=True):
        assert number.grad is not None, "no gradient reached the policy"
        assert_tensor(number.grad, expected)
    for number in numbers[2:]:
        assert number.grad is None or not number.grad.any(), "a gradient reached the reference"
    assert not chosen.requires_grad, "the chosen rewards carry a gradient"
    assert not rejected.requires_grad, "the rejected rewards carry a gradient"


@pytest.mark.points(0.5)
@pytest.mark.hint("exp overflows and log(0) is infinite: there is a function for log sigmoid.")
def test_dpo_loss_of_large_margins(rng, assert_tensor):
    """Loss and gradients of pairs that are far apart"""
    zeros, beta = torch.zeros(3), 0.5
    far = torch.tensor([2000.0, -2000.0, 0.0], requires_grad=True)

    loss, _, _ = question6.dpo_loss(far, zeros, zeros, zeros, beta)
    loss.backward()

    assert_tensor(loss, torch.tensor((0 + 1000 + math.log(2)) / 3))
    assert_tensor(far.grad, torch.tensor([0.0, -beta / 3, -beta / 6]))


@pytest.mark.points(0.5)
@pytest.mark.hint("Two players, either order, three results: go through the six cases.")
def test_count_wins(rng, assert_tensor):
    """Wins of random battles, with ties and with players who never played"""
    players = int(rng.integers(4, 8))
    battles = draw_battles(rng, players - 1, 30)
    expected = wins_of(battles, players)
    assert_tensor(question6.count_wins(battles, players), expected)


@pytest.mark.points(0.5)
@pytest.mark.hint("Powers of ten, not of e; and the second rating minus the first.")
def test_win_probability(rng):
    """Win probabilities of random ratings, in both orders"""
    first, second = (1000 + 300 * draw(rng, 2)).tolist()
    odds = math.exp(math.log(10) * (first - second) / 400)
    chances = question6.win_probability(first, second), question6.win_probability(second, first)
    assert chances == pytest.approx((odds / (1 + odds), 1 / (1 + odds)))


@pytest.mark.points(1)
@pytest.mark.hint("Follow wins over several steps, and in both directions: a chain is not enough.")
def test_has_ratings():
    """Whether ratings exist: rings, chains, groups, and players without battles"""
    cases = {
        "one ring": ([(0, 1), (1, 2), (2, 3), (3, 0)], True),
        "a ring through other numbers": ([(0, 2), (2, 1), (1, 3), (3, 0)], True),
        "a chain": ([(0, 1), (1, 2), (2, 3)], False),
        "two rings that never met": ([(0, 1), (1, 0), (2, 3), (3, 2)], False),
        "two rings, one always better": ([(0, 1), (1, 0), (2, 3), (3, 2), (0, 2)], False),
        "two rings that met twice": ([(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (3, 1)], True),
        "one who never wins": ([(0, 1), (1, 2), (2, 0), (0, 3)], False),
        "one who never loses": ([(0, 1), (1, 2), (2, 0), (3, 1)], False),
        "nobody played": ([], False),
    }
    for name, (pairs, expected) in cases.items():
        wins = torch.zeros(4, 4, dtype=torch.float64)
        for winner, loser in pairs:
            wins[winner, loser] = 0.5
        assert question6.has_ratings(wins) is expected, f"wrong for {name}"


@pytest.mark.points(1.5)
@pytest.mark.hint("At the maximum, each player has won as often as the ratings say it should have.")
def test_fit_ratings(rng, assert_tensor):
    """The most likely ratings, for random battles"""
    for players, count in ((3, 10), (int(rng.integers(4, 7)), 60)):
        wins = wins_of(draw_battles(rng, players, count), players)
        before = wins.clone()
        ratings = question6.fit_ratings(wins)
        assert_tensor(ratings, most_likely(before), rtol=0, atol=0.01)
        assert_tensor(wins, before)
    # Everybody meets neighbours alone: the simple algorithm needs many rounds here.
    line = torch.diag(torch.full((7,), 2.0), 1) + torch.diag(torch.arange(1.0, 8), -1)
    line = line.double()
    assert_tensor(question6.fit_ratings(line), most_likely(line), rtol=0, atol=0.01)

    chain = torch.zeros(3, 3, dtype=torch.float64)
    chain[0, 1] = chain[1, 0] = chain[1, 2] = 2
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the student's own
        question6.fit_ratings(chain)


@pytest.mark.points(1.5)
@pytest.mark.hint("Build F entry by entry, check that its rows add up to zero, then pseudo-invert.")
def test_rating_errors(rng, assert_tensor):
    """Standard errors from the Fisher information, for random battles and ratings"""
    players = int(rng.integers(3, 7))
    wins = wins_of(draw_battles(rng, players, 50), players)
    ratings = 1000 + 120 * draw(rng, players)
    values, vectors = torch.linalg.eigh(information_of(wins, ratings))
    covariance = (vectors[:, 1:] / values[1:]) @ vectors[:, 1:].T  # All but the constant vector.
    actual = question6.rating_errors(wins, ratings)
    assert_tensor(actual, covariance.diagonal().sqrt(), rtol=1e-5, atol=1e-4)
