"""Hidden checks of problem 2: routing token by token, and experts that count their calls."""

import pytest
import question2
import torch


def draw(rng, *shape, dtype=torch.float64):
    """A tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def choose(row, k):
    """The experts of one token: the largest logits first, and the lower number of equal ones."""
    return sorted(range(len(row)), key=lambda expert: (-row[expert].item(), expert))[:k]


def weigh(row, experts):
    """The weights of one token's experts."""
    gates = torch.exp(row - row.max())
    gates = torch.stack([gates[expert] for expert in experts])
    return gates / gates.sum()


def routed(logits, k):
    """The reference of `route`."""
    chosen = [choose(row, k) for row in logits]
    weights = [weigh(row, experts) for row, experts in zip(logits, chosen, strict=True)]
    return torch.stack(weights), torch.tensor(chosen)


def slow_mixture(x, logits, experts, k, capacity=None):
    """The reference of `mixture_of_experts`, one token after the other."""
    room = [len(x) if capacity is None else capacity] * len(experts)
    rows = []
    for token, row in zip(x, logits, strict=True):
        chosen = choose(row, k)
        result = torch.zeros_like(token)
        for expert, weight in zip(chosen, weigh(row, chosen), strict=True):
            if room[expert] > 0:
                room[expert] -= 1
                result = result + weight * experts[expert](token[None])[0]
        rows.append(result)
    return torch.stack(rows)


def make_experts(rng, count, width):
    """Layers whose outputs depend on each row alone."""
    matrices = draw(rng, count, width, width)
    return [lambda rows, w=matrix: torch.tanh(rows @ w) + 1.0 for matrix in matrices]


@pytest.mark.points(2)
@pytest.mark.hint(
    "Softmax over all experts, then the k largest in descending order, then divide by THEIR sum."
)
@pytest.mark.parametrize("k", [1, 2, 5])
def test_route(k, rng, assert_tensor):
    """Choices and weights for random logits"""
    logits = draw(rng, 9, 5) * 3
    weights, chosen = question2.route(logits, k)
    expected_weights, expected_chosen = routed(logits, k)
    assert_tensor(chosen, expected_chosen)
    assert_tensor(weights, expected_weights)


@pytest.mark.points(1)
@pytest.mark.hint("torch.topk promises no order among equal values; a stable sort does.")
def test_ties(rng, assert_tensor):
    """Of equal gates the lower number comes first"""
    logits = torch.from_numpy(rng.integers(0, 2, size=(20, 40))).to(torch.float64)
    weights, chosen = question2.route(logits, 30)
    expected_weights, expected_chosen = routed(logits, 30)
    assert_tensor(chosen, expected_chosen)
    assert_tensor(weights, expected_weights)


@pytest.mark.points(1)
@pytest.mark.hint("The gate learns through the weights alone: they must stay in the graph.")
def test_gradient_of_the_gate(rng, assert_tensor):
    """Gradients of the weights with respect to the logits"""
    logits, slope = draw(rng, 6, 5), draw(rng, 6, 3)
    given, twin = logits.clone().requires_grad_(), logits.clone().requires_grad_()

    (question2.route(given, 3)[0] * slope).sum().backward()
    (routed(twin, 3)[0] * slope).sum().backward()

    assert given.grad is not None, "no gradient reached the logits"
    assert_tensor(given.grad, twin.grad)


@pytest.mark.points(2)
@pytest.mark.hint(
    "f counts choices and adds up to 1 also for k > 1; P is a mean over the tokens of the whole "
    "softmax. Multiply the sum by the number of experts."
)
@pytest.mark.parametrize("k", [1, 3])
def test_load_balance_loss(k, rng, assert_tensor):
    """Auxiliary loss and its gradient, also with an expert that nobody chose"""
    logits, chosen = draw(rng, 12, 6), torch.from_numpy(rng.integers(0, 5, size=(12, k)))
    given, twin = logits.clone().requires_grad_(), logits.clone().requires_grad_()

    loss = question2.load_balance_loss(given, chosen)
    loss.backward()

    shares = [(chosen == expert).sum().item() / (12 * k) for expert in range(6)]
    gates = torch.exp(twin) / torch.exp(twin).sum(1, keepdim=True)
    expected = 6 * sum(share * gates[:, e].sum() / 12 for e, share in enumerate(shares))
    expected.backward()
    # Shares that were rounded to float32 show.
    assert_tensor(loss, expected.detach(), rtol=1e-10, atol=1e-10)
    assert given.grad is not None, "no gradient reached the logits"
    assert_tensor(given.grad, twin.grad)


@pytest.mark.points(2)
@pytest.mark.hint("What an expert answers for a token counts with that token's weight for it.")
@pytest.mark.parametrize("k", [1, 2, 4])
def test_mixture_of_experts(k, rng, assert_tensor):
    """Results for random tokens, logits and experts"""
    x, logits, experts = draw(rng, 11, 3), draw(rng, 11, 4) * 2, make_experts(rng, 4, 3)
    actual = question2.mixture_of_experts(x, logits, experts, k)
    assert_tensor(actual, slow_mixture(x, logits, experts, k))


@pytest.mark.points(2)
@pytest.mark.hint(
    "Gather the tokens of an expert, call it once, and scatter its answer. The point of a mixture "
    "is what it does NOT compute: an expert without tokens is not called."
)
def test_each_expert_is_called_once(rng, measure, assert_tensor):
    """Each expert sees its own tokens, in their order, in one call"""
    x, logits, experts = draw(rng, 14, 3), draw(rng, 14, 6), make_experts(rng, 6, 3)
    nobody = int(rng.integers(0, 6))
    logits[:, nobody] = -100.0
    counted = [measure.calls(expert) for expert in experts]

    question2.mixture_of_experts(x, logits, counted, 2)

    _, chosen = routed(logits, 2)
    for number, expert in enumerate(counted):
        rows = x[(chosen == number).any(dim=1)]
        assert expert.count == (len(rows) > 0), "an expert was called too often, or not at all"
        for (given,) in expert.arguments:
            assert_tensor(given, rows)


@pytest.mark.points(2)
@pytest.mark.hint(
    "Cut after the first `capacity` tokens of each expert, whatever the rank of their choice, and "
    "do not divide the weights again. Mind the capacity 0."
)
@pytest.mark.parametrize("capacity", [0, 1, 3, 50])
def test_capacity(capacity, rng, measure, assert_tensor):
    """Experts that take only so many tokens"""
    x, experts = draw(rng, 12, 3), make_experts(rng, 4, 3)
    # Most tokens want the same experts, so that these are full.
    logits = draw(rng, 12, 4) + torch.tensor([2.0, 0.0, 1.0, -1.0])
    counted = [measure.calls(expert) for expert in experts]

    actual = question2.mixture_of_experts(x, logits, counted, 2, capacity)

    assert_tensor(actual, slow_mixture(x, logits, experts, 2, capacity))
    for expert in counted:
        for (given,) in expert.arguments:
            assert 0 < len(given) <= capacity, "an expert got too many tokens, or none"


@pytest.mark.points(1)
@pytest.mark.hint("Gradients reach the tokens through the experts, and the gate through weights.")
def test_mixture_trains(rng, assert_tensor):
    """Gradients reach tokens and logits, and the arguments stay as they are"""
    x, logits, experts = draw(rng, 8, 3), draw(rng, 8, 4), make_experts(rng, 4, 3)
    slope = draw(rng, 8, 3)
    given, twins = [
        [tensor.clone().requires_grad_() for tensor in (x, logits)] for _ in range(2)
    ]

    (question2.mixture_of_experts(*given, experts, 2) * slope).sum().backward()
    (slow_mixture(*twins, experts, 2) * slope).sum().backward()

    for tensor, twin, original in zip(given, twins, (x, logits), strict=True):
        assert_tensor(tensor, original)
        assert tensor.grad is not None, "no gradient reached the tokens or the logits"
        assert_tensor(tensor.grad, twin.grad)
