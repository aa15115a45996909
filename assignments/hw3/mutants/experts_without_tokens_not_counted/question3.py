"""Problem 3: sequence parallelism and expert parallelism.

Functions that say "on each rank" run in several processes at once, as in problem 1.
"""

import math

import torch
import torch.distributed as dist

State = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

# Part 1: ring attention


def empty_state(q: torch.Tensor) -> State:
    """Given: the state of attention before any key was seen, for queries q (H, t, d)."""
    rows = q.shape[:-1]
    return torch.zeros_like(q), q.new_zeros(rows), q.new_full(rows, -math.inf)


def add_block(
    state: State, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, visible: torch.Tensor
) -> State:
    """Attention that has seen one more block of keys and values (online softmax).

    state: (weighted, total, peak), where over all keys that each query has seen so far
        peak (H, t) is the greatest score, -inf if there was none,
        total (H, t) is the sum of exp(score - peak), 0 if there was none,
        weighted (H, t, d) is the sum of exp(score - peak) * value, 0 if there was none
    q: (H, t, d); k, v: (H, s, d); a score is the inner product divided by the square root of d
    visible: (t, s), bool: whether a query may see a key. It may be False in a whole row.
    returns: the new state; the arguments stay as they are. There is no nan or overflow, however
        large the scores are.
    """
    weighted, total, peak = state
    scores = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).masked_fill(~visible, -math.inf)
    new_peak = torch.maximum(peak, scores.amax(dim=-1))
    # Where nothing was seen yet, -inf - (-inf) would be nan.
    shift = new_peak.masked_fill(new_peak == -math.inf, 0.0)
    shares = torch.exp(scores - shift[..., None])
    rescale = torch.exp(peak - shift)
    weighted = weighted * rescale[..., None] + shares @ v
    return weighted, total * rescale + shares.sum(dim=-1), new_peak


def finish(state: State) -> torch.Tensor:
    """The attention's output (H, t, d), once every query has seen a key."""
    weighted, total, _ = state
    return weighted / total[..., None]


def ring_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """On each rank: causal attention of this rank's queries over the whole sequence.

    q, k, v: (H, t, d), this rank's piece of a sequence of t * size tokens: rank r has the
        positions r * t to (r + 1) * t - 1
    returns: (H, t, d), this rank's piece of the result; gradients are not asked for

    Position i sees the positions 0 to i. Keys and values travel around the ring: in each of
    size - 1 rounds, every rank sends the block that it holds to rank (r + 1) % size, in one message
    or two, and gets one from rank (r - 1) % size. All blocks travel, also those that a rank may not
    see. Communicate by send, recv, isend, irecv or batch_isend_irecv alone.

    If all ranks begin with a blocking send, all may wait forever for someone to receive.
    """
    rank, size = dist.get_rank(), dist.get_world_size()
    t = q.shape[1]
    state, block = empty_state(q), torch.stack([k, v])
    steps = torch.arange(t, device=q.device)
    for turn in range(size):
        owner = (rank - turn) % size
        visible = owner * t + steps <= rank * t + steps[:, None]
        state = add_block(state, q, block[0], block[1], visible)
        if turn < size - 1:
            arriving = torch.empty_like(block)
            sending = dist.isend(block, (rank + 1) % size)
            dist.recv(arriving, (rank - 1) % size)
            sending.wait()
            block = arriving
    return finish(state)


# Part 2: expert parallelism


def expert(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Given: what one expert computes, x: (n, d), weight: (d, d)."""
    return torch.tanh(x @ weight)


def send_order(chosen: torch.Tensor, experts: int) -> tuple[torch.Tensor, torch.Tensor]:
    """How to line up tokens, so that those of one expert stand together.

    chosen: (n, k), int64: the k different experts of each token
    returns: order (n * k,), int64: the indices into chosen.flatten(), those of expert 0 first, then
        those of expert 1, ...; the indices of one expert in rising order;
        and counts (experts,), int64: how many each expert has
    """
    flat = chosen.flatten()
    return flat.sort(stable=True).indices, torch.bincount(flat)


def expert_parallel(
    x: torch.Tensor, chosen: torch.Tensor, gates: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """On each rank: a layer of experts that live on all ranks.

    x: (n_r, d), this rank's tokens; n_r differs from rank to rank and may be 0
    chosen: (n_r, k), int64: the experts of each token, out of E = (ranks) * (experts on a rank)
    gates: (n_r, k): the weights of their results; they need not add up to 1
    weights: (E / size, d, d), this rank's experts: expert e lives on rank e // (E / size)
    returns: (n_r, d), for each token in its place: the sum over j of gates[:, j] times the result
        of expert chosen[:, j]; gradients are not asked for

    Communicate by exactly three all_to_all_single: first the counts of `send_order` (E of them),
    so that everybody knows what comes; then the tokens, in that order, k copies of each; then the
    results, back to where they belong. No expert may be applied anywhere but where it lives.
    """
    size, k = dist.get_world_size(), chosen.shape[1]
    order, counts = send_order(chosen, size * len(weights))
    arriving = torch.empty_like(counts)
    dist.all_to_all_single(arriving, counts)
    # Row s, column e: how many tokens rank s has for my expert e.
    arriving = arriving.reshape(size, -1)
    sent, received = counts.reshape(size, -1).sum(dim=1).tolist(), arriving.sum(dim=1).tolist()

    tokens = x.new_empty(sum(received), x.shape[1])
    dist.all_to_all_single(tokens, x[order // k], received, sent)
    pieces = tokens.split(arriving.flatten().tolist())
    results = [expert(piece, weights[i % len(weights)]) for i, piece in enumerate(pieces)]
    back = x.new_empty(len(order), x.shape[1])
    dist.all_to_all_single(back, torch.cat(results), sent, received)
    return torch.zeros_like(x).index_add(0, order // k, gates.flatten()[order, None] * back)
