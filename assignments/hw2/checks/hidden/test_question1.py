"""Hidden checks of problem 1: random tensors against references written position by position."""

import inspect
import re

import pytest
import question1
import torch

READY_MADE = (
    r"(?:scaled_dot_product_attention|multi_head_attention_forward|rms_norm|RMSNorm"
    r"|MultiheadAttention|Transformer\w+)"
)
# Used as an attribute of something, or imported from torch. A comment may name them.
FORBIDDEN = re.compile(rf"\.{READY_MADE}\s*\(|from torch[.\w]* import [^\n]*\b{READY_MADE}\b")

# Of float64 results: rounding on the way through float32 is a hundred times as coarse.
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def draw(rng, *shape, dtype=torch.float32):
    """A tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def sizes(rng, count):
    """Different sizes, so that no wrong axis can pass for the right one."""
    return [int(size) for size in rng.permutation([2, 3, 4, 5, 6, 7])[:count]]


def norm(x, weight, eps):
    """In float64, whatever comes in."""
    wide = x.double()
    mean_square = (wide**2).sum(dim=-1, keepdim=True) / x.shape[-1]
    return wide / (mean_square + eps) ** 0.5 * weight.double()


def turn(x, positions, base):
    """Rotary embedding: each pair is a complex number, in float64."""
    dim = x.shape[-1]
    pairs = torch.view_as_complex(x.double().unflatten(-1, (dim // 2, 2)).contiguous())
    speeds = torch.tensor([base ** (-2 * i / dim) for i in range(dim // 2)], dtype=torch.float64)
    angles = torch.outer(positions.double(), speeds)
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


def gated(x, w_gate, w_up, w_down):
    z = x @ w_gate.T
    return (z / (1 + torch.exp(-z)) * (x @ w_up.T)) @ w_down.T


def attend(queries, keys, values):
    """Grouped causal attention, one query head and one query after the other."""
    group = queries.shape[1] // keys.shape[1]
    before = keys.shape[2] - queries.shape[2]
    heads = []
    for head in range(queries.shape[1]):
        rows = []
        for i in range(queries.shape[2]):
            seen = slice(0, before + i + 1)
            k, v = keys[:, head // group, seen], values[:, head // group, seen]
            scores = (k * queries[:, head, i, None]).sum(-1) / queries.shape[-1] ** 0.5
            rows.append((scores.softmax(-1)[..., None] * v).sum(1))
        heads.append(torch.stack(rows, dim=1))
    return torch.stack(heads, dim=1)


def draw_block(rng, *, group, dtype=torch.float64):
    """The sizes and the parameters of a block; the norms' weights are no ones."""
    kv_heads, dim = 2, 4
    heads, hidden = kv_heads * group, 7
    width = heads * dim
    shapes = {
        "attention_norm": (width,),
        "wq": (width, width),
        "wk": (kv_heads * dim, width),
        "wv": (kv_heads * dim, width),
        "wo": (width, width),
        "mlp_norm": (width,),
        "w_gate": (hidden, width),
        "w_up": (hidden, width),
        "w_down": (width, hidden),
    }
    weights = {name: draw(rng, *shape, dtype=dtype) * 0.5 for name, shape in shapes.items()}
    return (width, heads, kv_heads, hidden), weights


def make_block(shape, weights, base, eps):
    """A student's block with these parameters."""
    block = question1.LlamaBlock(*shape, base=base, eps=eps, dtype=weights["wq"].dtype)
    block.load_state_dict(weights)
    return block


def run_block(x, positions, shape, weights, base, eps):
    """The reference of a block, in float64."""
    width, heads, kv_heads, _ = shape
    dim = width // heads
    a = norm(x, weights["attention_norm"], eps)

    def project(name, count):
        rows = weights[name].double().unflatten(0, (count, dim))
        return torch.einsum("bsw,hdw->bhsd", a, rows)

    queries = turn(project("wq", heads), positions, base)
    keys = turn(project("wk", kv_heads), positions, base)
    mixed = attend(queries, keys, project("wv", kv_heads))
    columns = weights["wo"].double().unflatten(1, (heads, dim))
    h = x + torch.einsum("bhsd,whd->bsw", mixed, columns)
    return h + gated(
        norm(h, weights["mlp_norm"], eps), weights["w_gate"], weights["w_up"], weights["w_down"]
    )


@pytest.mark.points(2)
@pytest.mark.hint(
    "Mean over the last axis only, whatever stands in front of it; eps is added to the mean "
    "square, under the root."
)
@pytest.mark.parametrize("axes", [1, 2, 4])
def test_rms_norm(axes, rng, assert_tensor):
    """Norm along the last axis, for random sizes and a large eps"""
    shape = sizes(rng, axes)
    x, weight = draw(rng, *shape, dtype=torch.float64), draw(rng, shape[-1], dtype=torch.float64)
    eps = float(rng.uniform(0.3, 1.0))
    assert_tensor(question1.rms_norm(x, weight, eps=eps), norm(x, weight, eps), **CLOSE)


@pytest.mark.points(1)
@pytest.mark.hint("Square in float32 and round at the end: 300 ** 2 is too much for float16.")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_rms_norm_in_half_precision(dtype, rng, assert_tensor):
    """Norm of large numbers in half precision"""
    x = (draw(rng, 3, 64) * 2000).to(dtype)
    weight = draw(rng, 64).to(dtype)
    # Four units in the last place: the weight may be multiplied before or after the rounding.
    rtol = 4 * torch.finfo(dtype).eps
    actual = question1.rms_norm(x, weight)
    assert_tensor(actual, norm(x, weight, 1e-5).to(dtype), rtol=rtol, atol=0.0)


@pytest.mark.points(2)
@pytest.mark.hint(
    "Neighbours are a pair. The angle is the position times base ** (-2 i / dim), with i counting "
    "pairs; mind the sign of the sine."
)
@pytest.mark.parametrize("base", [10000.0, 50.0])
@pytest.mark.parametrize("order", ["from zero", "later", "any order"])
def test_rope(order, base, rng, assert_tensor):
    """Rotary embedding for random sizes, bases and positions"""
    batch, heads, length, half = sizes(rng, 4)
    x = draw(rng, batch, heads, length, 2 * half, dtype=torch.float64)
    positions = torch.arange(length)
    if order == "later":
        positions += int(rng.integers(1, 50))
    elif order == "any order":
        positions = torch.from_numpy(rng.permutation(100)[:length])
    assert_tensor(question1.rope(x, positions, base=base), turn(x, positions, base), **CLOSE)


@pytest.mark.points(1)
@pytest.mark.hint("An angle of 100,000 has few digits left in float32: compute angles in float64.")
def test_rope_far_away(rng, assert_tensor):
    """Rotary embedding at positions beyond 100,000"""
    x = draw(rng, 2, 3, 8, 6)
    positions = torch.from_numpy(rng.integers(100_000, 1_000_000, size=8))
    expected = turn(x, positions, 10000.0).float()
    assert_tensor(question1.rope(x, positions), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.points(2)
@pytest.mark.hint("Only the gate goes through silu; the weights are stored as (outputs, inputs).")
@pytest.mark.parametrize("axes", [1, 3])
def test_swiglu(axes, rng, assert_tensor):
    """Feed-forward layer for random sizes"""
    *front, width, hidden = sizes(rng, axes + 1)
    x = draw(rng, *front, width, dtype=torch.float64)
    w_gate, w_up = draw(rng, 2, hidden, width, dtype=torch.float64)
    w_down = draw(rng, width, hidden, dtype=torch.float64)
    expected = gated(x, w_gate, w_up, w_down)
    assert_tensor(question1.swiglu(x, w_gate, w_up, w_down), expected, **CLOSE)


@pytest.mark.points(3)
@pytest.mark.hint(
    "The last query sees every key, the one before all but one. Scale by the root of dim, mask "
    "before the softmax, and leave the softmax's stability to torch.softmax."
)
@pytest.mark.parametrize("kind", ["as many", "fewer queries", "one query", "large scores"])
def test_causal_attention(kind, rng, assert_tensor):
    """Causal attention for random sizes, also of the last queries alone"""
    batch, heads, dim, out = sizes(rng, 4)
    n = int(rng.integers(5, 9))
    m = {"as many": n, "fewer queries": n - 2, "one query": 1, "large scores": n}[kind]
    queries = draw(rng, batch, heads, m, dim, dtype=torch.float64)
    keys = draw(rng, batch, heads, n, dim, dtype=torch.float64)
    values = draw(rng, batch, heads, n, out, dtype=torch.float64)
    if kind == "large scores":
        queries = queries * (5000 / (queries @ keys.transpose(-1, -2)).abs().max())

    actual = question1.causal_attention(queries, keys, values)

    assert_tensor(actual, attend(queries, keys, values), **CLOSE)


@pytest.mark.points(2)
@pytest.mark.hint("Stay within torch; what a query does not see must get no gradient from it.")
def test_gradients_of_attention(rng, assert_tensor):
    """Gradients of grouped attention, to queries, keys and values"""
    shapes = [(2, 6, 4, 3), (2, 2, 5, 3), (2, 2, 5, 3)]
    inputs = [draw(rng, *shape, dtype=torch.float64).requires_grad_() for shape in shapes]
    twins = [tensor.detach().clone().requires_grad_() for tensor in inputs]
    slope = draw(rng, 2, 6, 4, 3, dtype=torch.float64)

    (question1.grouped_query_attention(*inputs) * slope).sum().backward()
    (attend(*twins) * slope).sum().backward()

    for name, tensor, twin in zip(("queries", "keys", "values"), inputs, twins, strict=True):
        assert tensor.grad is not None, f"no gradient reached the {name}"
        assert_tensor(tensor.grad, twin.grad, **CLOSE)


@pytest.mark.points(3)
@pytest.mark.hint(
    "With three query heads for each head of keys, heads 0, 1 and 2 share the first: repeat each "
    "head in its place, do not repeat the whole row of heads."
)
@pytest.mark.parametrize("kv_heads", [1, 2, 3, 6])
def test_grouped_query_attention(kv_heads, rng, assert_tensor):
    """Grouped attention, from one shared head to a head for each query head"""
    batch, m, dim = sizes(rng, 3)
    n = m + kv_heads % 3
    queries = draw(rng, batch, 6, m, dim, dtype=torch.float64)
    keys, values = draw(rng, 2, batch, kv_heads, n, dim, dtype=torch.float64)
    actual = question1.grouped_query_attention(queries, keys, values)
    assert_tensor(actual, attend(queries, keys, values), **CLOSE)


@pytest.mark.points(3)
@pytest.mark.hint(
    "Go through the formulas line by line: which norm goes where, which of queries, keys and "
    "values are turned, what the second residual adds to, and how heads are cut."
)
@pytest.mark.parametrize("group", [1, 3])
@pytest.mark.parametrize("positions", ["in a row", "with gaps"])
def test_block(positions, group, rng, assert_tensor):
    """The whole block for random parameters and positions"""
    shape, weights = draw_block(rng, group=group)
    batch, length = sizes(rng, 2)
    x = draw(rng, batch, length, shape[0], dtype=torch.float64)
    base, eps = float(rng.uniform(20, 200)), float(rng.uniform(0.1, 0.5))
    places = torch.arange(length)
    if positions == "with gaps":
        places = torch.from_numpy(rng.permutation(30)[:length])

    actual = make_block(shape, weights, base, eps)(x, places)

    assert_tensor(actual, run_block(x, places, shape, weights, base, eps), **CLOSE)


@pytest.mark.points(2)
@pytest.mark.hint("A parameter that gets no gradient was copied, detached or replaced on the way.")
def test_block_trains(rng, assert_tensor):
    """Gradients of the block reach its input and all its parameters"""
    shape, weights = draw_block(rng, group=2)
    x = draw(rng, 2, 5, shape[0], dtype=torch.float64)
    slope = draw(rng, 2, 5, shape[0], dtype=torch.float64)
    places = torch.arange(5)
    block = make_block(shape, weights, 100.0, 0.1)
    parameters = dict(block.named_parameters())
    assert sorted(parameters) == sorted(weights), "the parameters are not those of the handout"
    given = x.clone().requires_grad_()

    (block(given, places) * slope).sum().backward()

    leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
    twin = x.clone().requires_grad_()
    (run_block(twin, places, shape, leaves, 100.0, 0.1) * slope).sum().backward()
    assert given.grad is not None, "no gradient reached x"
    assert_tensor(given.grad, twin.grad, **CLOSE)
    for name, leaf in leaves.items():
        assert parameters[name].grad is not None, f"no gradient reached {name}"
        assert_tensor(parameters[name].grad, leaf.grad, **CLOSE)


@pytest.mark.points(1)
@pytest.mark.hint("Every tensor that you make takes dtype and device from an argument.")
@pytest.mark.gpu
def test_dtype_and_device(rng):
    """Results have the dtype, the precision and the device of the arguments"""
    dtype = torch.float64
    x = draw(rng, 2, 2, 3, 4, dtype=dtype)
    w_gate, w_down = draw(rng, 5, 4, dtype=dtype), draw(rng, 4, 5, dtype=dtype)
    results = {
        "rms_norm": question1.rms_norm(x, draw(rng, 4, dtype=dtype)),
        "rope": question1.rope(x, torch.tensor([1, 2, 3])),
        "swiglu": question1.swiglu(x, w_gate, w_gate, w_down),
        "causal_attention": question1.causal_attention(x, x, x),
        "grouped_query_attention": question1.grouped_query_attention(x, x[:, :1], x[:, :1]),
    }

    # Whether the values are right is for other checks: this one must not cost points twice.
    for name, result in results.items():
        assert result.dtype == dtype, f"{name}: the dtype is {result.dtype}"
        assert not torch.equal(result, result.float().double()), f"{name} went through float32"


@pytest.mark.points(1)
@pytest.mark.hint("Compute a new tensor; an operation whose name ends in _ changes its argument.")
def test_arguments_stay_as_they_are(rng, assert_tensor):
    """No function changes its arguments"""
    x, keys, values = draw(rng, 2, 2, 3, 4), draw(rng, 2, 2, 5, 4), draw(rng, 2, 2, 5, 4)
    weight, matrix, positions = draw(rng, 4), draw(rng, 4, 4), torch.tensor([4, 0, 2])
    shape, weights = draw_block(rng, group=1)
    block, tokens = make_block(shape, weights, 10.0, 0.1), draw(rng, 1, 3, shape[0]).double()
    arguments = [x, keys, values, weight, matrix, positions, tokens]
    before = [argument.clone() for argument in arguments]

    question1.rms_norm(x, weight)
    question1.rope(x, positions)
    question1.swiglu(x, matrix, matrix, matrix)
    question1.causal_attention(x, keys, values)
    question1.grouped_query_attention(x, keys, values)
    block(tokens, positions)

    for argument, original in zip(arguments, before, strict=True):
        assert_tensor(argument, original)
    for name, parameter in block.named_parameters():
        assert_tensor(parameter, weights[name])


@pytest.mark.points(1)
@pytest.mark.hint("The file's first lines say which operations of torch are yours to write.")
def test_written_by_hand():
    """The parts are written with plain operations"""
    assert not FORBIDDEN.search(inspect.getsource(question1)), "a ready-made operation is used"
