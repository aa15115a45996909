"""Hidden checks of problem 2: shards against the whole, values, gradients and traffic."""

import pytest
import question2
import torch

GRADIENTS = ["x", "w1", "b1", "w2", "b2"]
SCATTERS = ("reduce_scatter", "reduce_scatter_tensor")
GATHERS = ("all_gather", "all_gather_into_tensor")


def draw(rng, *shape):
    """A float64 tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape))


def make_mlp(rng, d=3, h=12, o=5):
    """x is left out: w1, b1, w2 and b2 of an MLP."""
    return [draw(rng, d, h), draw(rng, h), draw(rng, h, o), draw(rng, o)]


def cut(tensors, rank, size):
    """The shards of one rank, by torch.chunk: this check does not depend on `shard_mlp`."""
    w1, b1, w2, b2 = tensors
    shards = [w1.chunk(size, 1)[rank], b1.chunk(size)[rank], w2.chunk(size)[rank]]
    return [shard.contiguous() for shard in shards] + [b2]


def whole_mlp(x, weights, slope):
    """Result and gradients in one process."""
    leaves = [leaf.clone().requires_grad_() for leaf in (x, *weights)]
    x, w1, b1, w2, b2 = leaves
    result = torch.nn.functional.gelu(x @ w1 + b1) @ w2 + b2
    return result.detach(), torch.autograd.grad(result, leaves, slope)


def calls_of(traffic):
    return [(call.name, call.count) for call in traffic.collectives]


def adam(weights, gradients, m, v, step, lr):
    """One step of Adam on flat tensors."""
    m = 0.9 * m + 0.1 * gradients
    v = 0.999 * v + 0.001 * gradients**2
    corrected_m, corrected_v = m / (1 - 0.9**step), v / (1 - 0.999**step)
    return weights - lr * corrected_m / (corrected_v.sqrt() + 1e-8), m, v


def joined(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors])


def piece(flat, rank, size):
    """What rank owns of a flat tensor, with the zeros behind its end."""
    share = -(-len(flat) // size)
    return torch.cat([flat, flat.new_zeros(share * size - len(flat))])[rank * share :][:share]


@pytest.mark.points(1)
@pytest.mark.hint("A shard is a block of neighbouring hidden units, the same in all three tensors.")
def test_shard_mlp(rng, assert_tensor):
    """Shards of an MLP for many ranks"""
    weights = make_mlp(rng)
    for size in (1, 3, 4):
        for rank in range(size):
            shards = question2.shard_mlp(*weights, rank, size)
            for shard, expected in zip(shards, cut(weights, rank, size), strict=True):
                assert_tensor(shard, expected)


@pytest.mark.ranks(3)
@pytest.mark.points(1)
@pytest.mark.hint("In its forward pass, a column-parallel layer needs nobody.")
def test_column_parallel(ranks, rng, assert_tensor):
    """A column-parallel layer computes its own columns, without communication"""
    x, w, b = draw(rng, 4, 5), draw(rng, 5, 6), draw(rng, 6)
    ws, bs = w.split(2, dim=1), b.split(2)

    results = ranks.run(
        question2.column_parallel, lambda rank: (x, ws[rank].contiguous(), bs[rank]), allow=()
    )

    for result, expected in zip(results, (x @ w + b).split(2, dim=1), strict=True):
        assert_tensor(result, expected.contiguous())


@pytest.mark.ranks(3)
@pytest.mark.points(2)
@pytest.mark.hint("Sum the products over the ranks, once, and add the bias to the sum, once.")
def test_row_parallel(ranks, rng, assert_tensor):
    """A row-parallel layer adds up the products, and the bias once"""
    x, w, b = draw(rng, 4, 6), draw(rng, 6, 5), draw(rng, 5)
    xs, ws = x.split(2, dim=1), w.split(2)

    results = ranks.run(
        question2.row_parallel,
        lambda rank: (xs[rank].contiguous(), ws[rank], b),
        allow=("all_reduce",),
    )

    for result in results:
        assert_tensor(result, x @ w + b)
    for traffic in ranks.traffic:
        assert calls_of(traffic) == [("all_reduce", 4 * 5)], "not one all_reduce of the result"


@pytest.mark.ranks(4)
@pytest.mark.points(3)
@pytest.mark.hint("Columns first, then rows: in between no rank needs what another one has.")
def test_mlp_forward(ranks, rng, assert_tensor):
    """An MLP over four ranks, with exactly one all_reduce"""
    weights, x = make_mlp(rng), draw(rng, 7, 3)

    results = ranks.run(
        question2.parallel_mlp,
        lambda rank: (x, *cut(weights, rank, 4)),
        allow=("all_reduce",),
    )

    expected, _ = whole_mlp(x, weights, draw(rng, 7, 5))
    for result in results:
        assert_tensor(result, expected)
    for traffic in ranks.traffic:
        assert calls_of(traffic) == [("all_reduce", 7 * 5)], "not exactly one all_reduce"


@pytest.mark.ranks(3)
@pytest.mark.points(4)
@pytest.mark.hint(
    "Where the forward pass copies, the backward pass adds up; where the forward pass adds up, "
    "the backward pass copies. The second bias is added after the sum, so its gradient is whole."
)
def test_mlp_gradients(ranks, rng, assert_tensor):
    """Gradients of all shards and of the input, with one all_reduce each way"""
    weights, x, slope = make_mlp(rng), draw(rng, 4, 3), draw(rng, 4, 5)

    results = ranks.run(
        question2.mlp_with_gradients,
        lambda rank: (x, cut(weights, rank, 3), slope),
        allow=("all_reduce",),
    )

    expected, (of_x, *of_weights) = whole_mlp(x, weights, slope)
    for rank, (result, gradients) in enumerate(results):
        assert_tensor(result, expected)
        wanted = [of_x, *cut(of_weights, rank, 3)]
        for name, actual, gradient in zip(GRADIENTS, gradients, wanted, strict=True):
            assert actual is not None, f"no gradient reached {name}"
            assert_tensor(actual, gradient)
    for traffic in ranks.traffic:
        calls = [("all_reduce", 4 * 5), ("all_reduce", 4 * 3)]
        assert calls_of(traffic) == calls, "not one all_reduce in each direction"


@pytest.mark.points(2)
@pytest.mark.hint("Stage 1 cuts the state, stage 2 also the gradients, stage 3 also the weights.")
def test_zero_memory(rng):
    """Memory at every stage, and the largest model that fits"""
    for _ in range(5):
        psi, ranks, k = (int(x) for x in rng.integers(2, 99, size=3))
        expected = {
            0: 4 * psi + k * psi,
            1: 4 * psi + k * psi / ranks,
            2: 2 * psi + (2 + k) * psi / ranks,
            3: (4 + k) * psi / ranks,
        }
        for stage, wanted in expected.items():
            actual = question2.zero_memory(psi, ranks, stage, k)
            assert actual == pytest.approx(wanted), f"stage {stage}: the memory is wrong"
            largest = question2.largest_model(wanted, ranks, stage, k)
            assert largest == pytest.approx(psi), f"stage {stage}: the largest model is wrong"
    assert question2.zero_memory(1e9, 4, 1) == pytest.approx(7e9), "K is 12 unless told"


@pytest.mark.points(1)
@pytest.mark.hint("Round up: the last rank's share may hold padding, and all shares are equal.")
def test_zero_state():
    """Each rank keeps a share of Adam's state"""
    weights = [torch.ones(2, 3, dtype=torch.float64), torch.ones(4, dtype=torch.float64)]
    for size, share in [(1, 10), (3, 4), (5, 2), (12, 1)]:
        state = question2.zero_state(weights, size)
        assert state["step"] == 0, "no step has been made yet"
        for name in ("m", "v"):
            assert state[name].dtype == torch.float64, f"{name} has the weights' dtype"
            assert state[name].tolist() == [0.0] * share, f"{name} of {size} ranks is wrong"


@pytest.mark.ranks(3)
@pytest.mark.points(4)
@pytest.mark.hint(
    "Mean gradient of my piece, Adam on my piece, all new pieces to everyone. Adam hardly notices "
    "a wrong scale of the gradient, but its state does."
)
def test_zero_step(ranks, rng, assert_tensor):
    """Three steps with shared-out state equal three steps of Adam"""
    shapes, lr = [(2, 3), (5,), (1, 3), (2, 1)], 0.05
    weights = [draw(rng, *shape) for shape in shapes]
    states = [question2.zero_state(weights, 3) for _ in range(3)]
    flat = joined(weights)
    m = v = torch.zeros_like(flat)

    for step in (1, 2, 3):
        # So small that EPSILON shows.
        gradients = [[1e-4 * draw(rng, *shape) for shape in shapes] for _ in range(3)]
        arguments = [(weights, gradients[rank], states[rank], lr) for rank in range(3)]
        before = [(state["m"].clone(), state["v"].clone()) for state in states]
        results = ranks.run(question2.zero_step, arguments, allow=(*SCATTERS, *GATHERS))

        for state, (old_m, old_v) in zip(states, before, strict=True):
            assert torch.equal(state["m"], old_m), "the state that was given has changed"
            assert torch.equal(state["v"], old_v), "the state that was given has changed"
        mean = sum(joined(mine) for mine in gradients) / 3
        flat, m, v = adam(flat, mean, m, v, step, lr)
        for rank, (new, state) in enumerate(results):
            assert [tuple(weight.shape) for weight in new] == shapes, "the shapes have changed"
            assert_tensor(joined(new), flat)
            assert_tensor(state["m"], piece(m, rank, 3))
            assert_tensor(state["v"], piece(v, rank, 3))
            assert state["step"] == step, "the step is not counted"
        for traffic in ranks.traffic:
            scatter, gather = traffic.collectives
            assert scatter.name in SCATTERS, "the gradients come first"
            assert scatter.count == 18, "padded gradients: the smallest multiple of 3"
            assert gather.name in GATHERS, "the weights come second"
            assert gather.count == 6, "each rank gives its own piece alone"
        weights, states = results[0][0], [state for _, state in results]
