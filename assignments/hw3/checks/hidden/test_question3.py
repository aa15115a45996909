"""Hidden checks of problem 3: blocks against the whole, and tokens that come home."""

import math

import pytest
import question3
import torch

POINT_TO_POINT = ("send", "recv", "isend", "irecv", "batch_isend_irecv")


def draw(rng, *shape, scale=1.0):
    """A float64 tensor of normal random numbers."""
    return torch.from_numpy(scale * rng.standard_normal(shape))


def whole_attention(q, k, v, visible):
    """Attention in one piece."""
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    return torch.where(visible, scores, -math.inf).softmax(dim=-1) @ v


def in_blocks(q, k, v, visible, sizes):
    """The states after each block of keys and values."""
    state = question3.empty_state(q)
    states = []
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    for start, size in zip(starts, sizes, strict=True):
        here = slice(start, start + size)
        state = question3.add_block(state, q, k[:, here], v[:, here], visible[:, here])
        states.append(state)
    return states


def token_by_token(x, chosen, gates, weights):
    """A layer of experts in one process, for one token after the other."""
    rows = [
        sum(gate * torch.tanh(token @ weights[e]) for gate, e in zip(mine, names, strict=True))
        for token, names, mine in zip(x, chosen.tolist(), gates, strict=True)
    ]
    return torch.stack(rows) if rows else torch.zeros_like(x)


def choose(rng, tokens, k, experts):
    """k different experts for each token, never the last one and mostly the first ones."""
    odds = [4.0 / (e + 1) for e in range(experts - 1)]
    odds = [odd / sum(odds) for odd in odds]
    rows = [rng.choice(experts - 1, size=k, replace=False, p=odds) for _ in range(tokens)]
    flat = [int(e) for row in rows for e in row]
    return torch.tensor(flat, dtype=torch.int64).reshape(tokens, k)


@pytest.mark.points(2)
@pytest.mark.hint("Rescale the sum AND the weighted values by exp(old peak - new peak).")
def test_add_block(rng, assert_tensor):
    """Blocks of several sizes give the attention of the whole, and the state that is asked for"""
    q, k, v = draw(rng, 2, 4, 3, scale=2.0), draw(rng, 2, 9, 3, scale=2.0), draw(rng, 2, 9, 3)
    visible = torch.from_numpy(rng.random((4, 9)) < 0.6)
    visible[:, 0] = True

    states = in_blocks(q, k, v, visible, [2, 1, 4, 2])

    assert_tensor(question3.finish(states[-1]), whole_attention(q, k, v, visible))
    scores = q @ k.transpose(1, 2) / math.sqrt(3)
    for (weighted, total, peak), seen in zip(states, (2, 3, 7, 9), strict=True):
        masked = torch.where(visible, scores, -math.inf)[..., :seen]
        best = masked.amax(dim=-1)
        shares = torch.exp(masked - best[..., None])
        assert_tensor(peak, best)
        assert_tensor(total, shares.sum(dim=-1))
        assert_tensor(weighted, shares @ v[:, :seen])


@pytest.mark.points(2)
@pytest.mark.hint("exp overflows: subtract the peak first. And -inf minus -inf is nan.")
def test_add_block_extremes(rng, assert_tensor):
    """Huge scores, rows that see nothing, and arguments that stay as they are"""
    # Scores near 1270, which rise by about 2 from block to block; near -1270 for the last query.
    q, v = 30.0 * torch.tensor([[[1.0], [1.0], [-1.0]]], dtype=torch.float64), draw(rng, 1, 6, 2)
    q = q + draw(rng, 1, 3, 2, scale=0.01)
    rising = torch.tensor([0.0, 0.0, 0.05, 0.05, 0.1, 0.1], dtype=torch.float64)
    k = 30.0 + rising[:, None] + draw(rng, 1, 6, 2, scale=0.01)
    visible = torch.ones(3, 6, dtype=torch.bool)
    visible[0, :4] = False
    visible[1, 4:] = False
    visible[2, 2:4] = False
    arguments = [x.clone() for x in (q, k, v, visible)]

    states = in_blocks(q, k, v, visible, [2, 2, 2])

    assert_tensor(question3.finish(states[-1]), whole_attention(q, k, v, visible))
    weighted, total, peak = (part[0, 0] for part in states[0])
    assert_tensor(weighted, torch.zeros(2, dtype=torch.float64))
    assert total.item() == 0.0, "a query that has seen nothing has the sum 0"
    assert peak.item() == -math.inf, "a query that has seen nothing has the peak -inf"
    for name, before, after in zip("qkv", arguments, (q, k, v), strict=False):
        assert torch.equal(before, after), f"{name} was changed"
    first = [part.clone() for part in states[0]]
    question3.add_block(states[0], q, k, v, visible)
    for part, before in zip(states[0], first, strict=True):
        assert_tensor(part, before)


@pytest.mark.ranks(4)
@pytest.mark.points(4)
@pytest.mark.hint(
    "After s rounds you hold the block of rank (r - s) % size, and its positions begin at "
    "owner * t: compare positions in the whole sequence, not in the blocks."
)
def test_ring_attention(ranks, rng, assert_tensor):
    """Ring attention equals causal attention of the whole sequence, in size - 1 rounds"""
    heads, t, d = 2, 3, 4
    q, k, v = (draw(rng, heads, 4 * t, d, scale=2.0) for _ in range(3))
    pieces = [[x[:, r * t : (r + 1) * t].contiguous() for x in (q, k, v)] for r in range(4)]

    results = ranks.run(
        question3.ring_attention, lambda rank: tuple(pieces[rank]), allow=POINT_TO_POINT
    )

    causal = torch.ones(4 * t, 4 * t, dtype=torch.bool).tril()
    expected = whole_attention(q, k, v, causal)
    for rank, result in enumerate(results):
        assert_tensor(result, expected[:, rank * t : (rank + 1) * t].contiguous())
    for traffic in ranks.traffic:
        assert traffic.bytes == 3 * 2 * heads * t * d * 8, "each block travels 3 times, no more"
        assert traffic.messages in (3, 6), "one message or two in each round"


@pytest.mark.points(1)
@pytest.mark.hint("A stable sort; and a count for each expert, also for those without a token.")
def test_send_order(rng, assert_tensor):
    """Tokens stand together by expert, in their old order"""
    for tokens, k in [(40, 2), (7, 3), (0, 2)]:
        chosen = choose(rng, tokens, k, experts=8)
        order, counts = question3.send_order(chosen, 8)
        flat = chosen.flatten().tolist()
        expected = [i for e in range(8) for i in range(len(flat)) if flat[i] == e]
        assert_tensor(order, torch.tensor(expected, dtype=torch.int64))
        assert_tensor(counts, torch.tensor([flat.count(e) for e in range(8)]))


@pytest.mark.ranks(3)
@pytest.mark.points(4)
@pytest.mark.hint(
    "What arrives is sorted by sender first and by expert second. What comes back stands in the "
    "order in which you sent it: token order // k."
)
def test_expert_parallel(ranks, rng, assert_tensor):
    """Experts on three ranks, two for each token, with uneven loads"""
    sizes, k, d, local = [6, 3, 8], 2, 4, 2
    x = [draw(rng, n, d) for n in sizes]
    chosen = [choose(rng, n, k, experts=3 * local) for n in sizes]
    gates = [draw(rng, n, k) for n in sizes]
    weights = draw(rng, 3 * local, d, d)

    results = ranks.run(
        question3.expert_parallel,
        lambda r: (x[r], chosen[r], gates[r], weights[r * local : (r + 1) * local]),
        allow=("all_to_all_single",),
    )

    for rank, result in enumerate(results):
        assert_tensor(result, token_by_token(x[rank], chosen[rank], gates[rank], weights))
    for rank, traffic in enumerate(ranks.traffic):
        arrived = sum(int((mine // local == rank).sum()) for mine in chosen)
        counts = [call.count for call in traffic.collectives]
        assert counts == [3 * local, sizes[rank] * k * d, arrived * d], "not counts, tokens, results"


@pytest.mark.ranks(3)
@pytest.mark.points(1)
@pytest.mark.hint("A rank without tokens, and one that nobody needs, still takes part.")
def test_expert_parallel_empty(ranks, rng, assert_tensor):
    """Ranks that have no token, and one whose experts nobody has chosen"""
    x, gates, weights = draw(rng, 5, 3), draw(rng, 5, 1), draw(rng, 3, 3, 3)
    chosen = torch.tensor([[2], [0], [2], [0], [0]])
    none = (x[:0], chosen[:0], gates[:0])
    given = [none, (x, chosen, gates), none]
    arguments = [(*tokens, weights[rank : rank + 1]) for rank, tokens in enumerate(given)]

    results = ranks.run(question3.expert_parallel, arguments, allow=("all_to_all_single",))

    assert_tensor(results[0], torch.zeros(0, 3, dtype=torch.float64))
    assert_tensor(results[1], token_by_token(x, chosen, gates, weights))
