"""Problem 6: alignment. Direct preference optimization, and ratings from battles."""

import math

import torch


def sequence_logprob(
    logits: torch.Tensor, tokens: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """The log-probability of the answer in each sequence.

    The logits at position t say what follows: they belong to the token at t + 1. Add up the
    log-probabilities of all tokens that the mask marks. The token at position 0 has no
    prediction and never counts.

    logits: (batch, length, vocab), not normalised
    tokens: (batch, length), dtype int64
    mask: (batch, length), dtype bool; True for the tokens of the answer
    returns: (batch,), dtype of the logits
    """
    predictions = logits[:, :-1].log_softmax(dim=2)
    chosen = predictions.gather(2, tokens[:, 1:, None])[:, :, 0]
    return (chosen * mask[:, 1:]).sum(dim=1)


def dpo_loss(
    policy_chosen: torch.Tensor,
    policy_rejected: torch.Tensor,
    reference_chosen: torch.Tensor,
    reference_rejected: torch.Tensor,
    beta: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss of direct preference optimization, and the implicit rewards.

        reward = beta * (log-probability by the policy - log-probability by the reference)
        loss   = mean over the pairs of  -log sigmoid(reward of chosen - reward of rejected)

    The loss must be finite and exact for margins of a thousand as well, in either direction.
    Gradients flow from the loss to the policy's numbers alone; the rewards carry none.

    all four: (batch,), log-probabilities of whole answers
    returns: the loss, a tensor of no axes; the rewards of the chosen and of the rejected, (batch,)
    """
    chosen = beta * (policy_chosen - reference_chosen.detach())
    rejected = beta * (policy_rejected - reference_rejected.detach())
    loss = -torch.nn.functional.logsigmoid(chosen - rejected).mean()
    return loss, chosen.detach(), rejected.detach()


def count_wins(battles: list[tuple[int, int, str]], players: int) -> torch.Tensor:
    """Who has won how often against whom.

    battles: (a, b, result): the numbers of two different players, and "a", "b" or "tie" for who
        won. A tie is half a win for both.
    returns: (players, players), dtype float64; entry [i, j] is the number of wins of i against j
    """
    wins = torch.zeros(players, players, dtype=torch.float64)
    share = {"a": 1.0, "tie": 0.5, "b": 0.0}
    for a, b, result in battles:
        wins[a, b] += share[result]
        wins[b, a] += 1 - share[result]
    return wins


def win_probability(rating_a: float, rating_b: float) -> float:
    """How likely a player with the first rating beats one with the second.

        1 / (1 + 10 ** ((rating_b - rating_a) / 400))
    """
    return 1 / (1 + math.exp((rating_b - rating_a) / 400))


def has_ratings(wins: torch.Tensor) -> bool:
    """Whether the most likely ratings exist.

    They do exactly if one can get from every player to every other one along wins: from i to j
    where wins[i, j] > 0 (half a win is enough). Otherwise some group never won against the rest,
    and its ratings run off to minus infinity.

    wins: (players, players), as `count_wins` gives them, for at least two players
    returns: a Python bool
    """
    reached = (wins > 0) | torch.eye(len(wins), dtype=torch.bool)
    for middle in range(len(wins)):
        reached |= reached[:, middle, None] & reached[middle]
    return bool(reached.all())


def fit_ratings(wins: torch.Tensor) -> torch.Tensor:
    """The most likely ratings of the Bradley-Terry model, with the mean 1000.

    They maximise  sum over i and j of wins[i, j] * log(win_probability(r_i, r_j)).  Use whatever
    algorithm you like, to an accuracy of 0.001 of a rating point. A simple one: give each
    player a strength s_i, 1 at first, and repeat for all players

        s_i <- (all wins of i) / sum over j != i of (battles of i and j) / (s_i + s_j)

    then divide all s by their geometric mean. When nothing moves any more, the rating of i is
    1000 + 400 * log10(s_i).

    wins: (players, players), as `count_wins` gives them, of at most 20 players
    returns: (players,), dtype float64
    raises: ValueError when the ratings do not exist (`has_ratings`)
    """
    if not has_ratings(wins):
        raise ValueError("some players never won against the others")
    battles = wins + wins.T
    strength = torch.ones(len(wins), dtype=torch.float64)
    for _ in range(20_000):
        before = strength
        strength = wins.sum(dim=1) / (battles / (strength[:, None] + strength)).sum(dim=1)
        strength = strength / strength.log().mean().exp()
        if (strength.log() - before.log()).abs().max() < 1e-12:
            break
    return 1000 + 400 * strength.log10()


def rating_errors(wins: torch.Tensor, ratings: torch.Tensor) -> torch.Tensor:
    """The standard error of each rating, from the Fisher information.

    With p_ij the win probability of i against j, n_ij the number of their battles and
    k = ln(10) / 400, the information matrix F is

        F_ij = -k^2 n_ij p_ij p_ji    for i != j,
        F_ii = the sum over all j != i of  k^2 n_ij p_ij p_ji

    Only differences of ratings can be learned from battles, so F has no inverse. With the mean of
    the ratings fixed, the covariance is the pseudo-inverse of F, and the standard errors are the
    roots of its diagonal. (An interval of 95 % is then the rating plus and minus 1.96 errors.)

    wins: (players, players), for which ratings exist
    ratings: (players,), as `fit_ratings` gives them
    returns: (players,), dtype float64
    """
    k = math.log(10) / 400
    p = torch.sigmoid(k * (ratings[:, None] - ratings))
    weights = k**2 * (wins + wins.T) * p * p.T
    weights.fill_diagonal_(0)
    information = torch.diag(weights.sum(dim=1)) - weights
    return torch.linalg.pinv(information, hermitian=True).diagonal().sqrt()
