"""Hidden checks of problem 5: random layers, whole models, training, and counts."""

import pytest
import question5
import torch


def draw(rng, *shape, dtype=torch.float64):
    """A tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def sizes(rng, count):
    """Different sizes, so that no wrong axis can pass for the right one."""
    return [int(size) for size in rng.permutation([2, 3, 4, 5, 6, 7])[:count]]


def draw_layer(rng, rank, alpha, *, bias=True, dtype=torch.float64):
    """A student's layer with random parameters, and these parameters."""
    out, into = (int(size) for size in rng.permutation([5, 6, 7, 8])[:2])
    own = {
        "base.weight": draw(rng, out, into, dtype=dtype),
        "base.bias": draw(rng, out, dtype=dtype) if bias else None,
        "a": draw(rng, rank, into, dtype=dtype),
        "b": draw(rng, out, rank, dtype=dtype),
    }
    base = question5.make_linear(own["base.weight"], own["base.bias"])
    layer = question5.LoRALinear(base, rank, alpha)
    layer.load_state_dict({"a": own["a"], "b": own["b"]}, strict=False)
    return layer, own


def weight_of(own, rank, alpha):
    """The weight that a layer of LoRA stands for."""
    return own["base.weight"] + (alpha / rank) * own["b"] @ own["a"]


def apply(x, weight, bias):
    y = x @ weight.T
    return y if bias is None else y + bias


def trainable(model):
    """The names of the parameters that require a gradient, by our own look at them."""
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


def snapshot(model):
    """Copies of all parameters, by name."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


@pytest.mark.points(1.5)
@pytest.mark.hint("A is random with 1 / sqrt(in), B is zero; both have the base's dtype.")
def test_lora_starts_as_the_base(rng, assert_tensor):
    """A fresh layer computes what its base computes, and A is drawn to scale"""
    for dtype in (torch.float32, torch.float64):
        weight, bias = draw(rng, 9, 400, dtype=dtype), draw(rng, 9, dtype=dtype)
        layer = question5.LoRALinear(question5.make_linear(weight, bias), 30, 8.0)
        x = draw(rng, 4, 400, dtype=dtype)
        assert_tensor(layer(x), apply(x, weight, bias), rtol=1e-4, atol=1e-4)
        state = snapshot(layer)
        assert_tensor(state["b"], torch.zeros(9, 30, dtype=dtype))
        a = state["a"]
        assert a.shape == (30, 400), "A has the wrong shape"
        assert a.dtype == dtype, "A has the wrong dtype"
        # 12,000 numbers: their deviation is within a hundredth or two of the true one.
        assert 0.9 < a.std().item() * 20 < 1.1, "A has the wrong standard deviation"
        assert abs(a.mean().item()) * 20 < 0.1, "A does not have the mean 0"


@pytest.mark.gpu
@pytest.mark.points(1)
@pytest.mark.hint("Scale by alpha / rank, and mind which side A and B are transposed on.")
@pytest.mark.parametrize("bias", [True, False])
def test_lora_forward(bias, rng, assert_tensor):
    """Output of layers with random A and B, for inputs of two and three axes"""
    rank, alpha = int(rng.integers(2, 5)), float(rng.uniform(1.5, 9))
    layer, own = draw_layer(rng, rank, alpha, bias=bias)
    weight = weight_of(own, rank, alpha)
    for shape in ((4,), (2, 3)):
        x = draw(rng, *shape, weight.shape[1])
        assert_tensor(layer(x), apply(x, weight, own["base.bias"]))


@pytest.mark.points(0.5)
@pytest.mark.hint("Multiply x by A first and the result by B. Who multiplies B by A makes a large matrix.")
def test_lora_forward_is_cheap(rng, measure, assert_tensor):
    """The output is computed without a matrix of the size of the weight"""
    weight, a, b = draw(rng, 60, 50), draw(rng, 2, 50), draw(rng, 60, 2)
    layer = question5.LoRALinear(question5.make_linear(weight, None), 2, 2.0)
    layer.load_state_dict({"a": a, "b": b}, strict=False)
    x = draw(rng, 3, 50)

    run = measure(layer, x)

    assert_tensor(run.result, x @ (weight + b @ a).T)
    assert run.flops <= 2 * 3 * (60 * 50 + 2 * 50 + 60 * 2), "too many multiplications"


@pytest.mark.points(1.5)
@pytest.mark.hint("Add the scaled product to a COPY of the weight, and do not lose the bias.")
@pytest.mark.parametrize("bias", [True, False])
def test_merged(bias, rng, assert_tensor):
    """A merged layer is plain, computes the same, and leaves the first as it was"""
    rank, alpha = int(rng.integers(2, 5)), float(rng.uniform(1.5, 9))
    layer, own = draw_layer(rng, rank, alpha, bias=bias)

    merged = layer.merged()

    state = snapshot(merged)
    assert sorted(state) == (["bias", "weight"] if bias else ["weight"]), "not a plain layer"
    assert_tensor(state["weight"], weight_of(own, rank, alpha))
    if bias:
        assert_tensor(state["bias"], own["base.bias"])
    assert trainable(merged) == list(state), "the new layer must be trainable"
    x = draw(rng, 3, own["a"].shape[1])
    assert_tensor(merged(x), layer(x))
    for name, value in snapshot(layer).items():
        assert_tensor(value, own[name])
    assert trainable(layer) == ["a", "b"], "what is trainable in the first layer has changed"


@pytest.mark.points(1.5)
@pytest.mark.hint("Everything is frozen but A and B: biases, other layers and the head as well.")
def test_add_lora(rng, assert_tensor):
    """LoRA on a whole model: what is trainable, and that the output stays"""
    model = question5.build_model(seed=int(rng.integers(2**30)))
    x = draw(rng, 2, 4, 6)
    before, output = snapshot(model), model(x).detach()
    names = [f"blocks.{block}.{name}" for block in (0, 1) for name in ("query", "down")]

    assert question5.add_lora(model, ["down", "query"], 3, 6.0) == names, "wrong layers"

    expected = [f"{name}.{part}" for name in names for part in ("a", "b")]
    assert trainable(model) == expected, "the wrong parameters are trainable"
    after = snapshot(model)
    for name, value in before.items():
        layer, _, part = name.rpartition(".")
        assert_tensor(after[f"{layer}.base.{part}" if layer in names else name], value)
    assert after["blocks.1.down.a"].shape == (3, 12), "A has the wrong shape"
    assert after["blocks.1.down.b"].shape == (6, 3), "B has the wrong shape"
    assert_tensor(model(x), output)


@pytest.mark.points(1)
@pytest.mark.hint("Look at all names first. A name is compared as a whole, with the last part.")
def test_add_lora_unknown_names(rng, assert_tensor):
    """A name of no linear layer raises ValueError and changes nothing"""
    model = question5.build_model(seed=int(rng.integers(2**30)))
    everything = trainable(model)
    for names in (["query", "quer"], ["ery"], ["blocks"], ["0", "up"]):
        with pytest.raises(ValueError):  # noqa: PT011 - the message is the student's own
            question5.add_lora(model, names, 2, 2.0)
        assert trainable(model) == everything, "something has changed all the same"
    assert question5.add_lora(model, ["head"], 2, 2.0) == ["head"], "a layer of the model itself"


@pytest.mark.points(1)
@pytest.mark.hint("A product of two steps: fold each A and B into its layer, put the layer in place.")
def test_merge_lora(rng, assert_tensor):
    """Merging a whole model gives its old structure and the same output"""
    model = question5.build_model(seed=int(rng.integers(2**30)))
    structure = list(snapshot(model))
    names = question5.add_lora(model, ["up", "value", "head"], 2, 5.0)
    state = {f"{name}.b": 0.3 * draw(rng, *model.state_dict()[f"{name}.b"].shape) for name in names}
    model.load_state_dict(state, strict=False)
    x = draw(rng, 2, 4, 6)
    output = model(x).detach()

    question5.merge_lora(model)

    assert list(snapshot(model)) == structure, "the names of the parameters are not the old ones"
    assert_tensor(model(x), output)


@pytest.mark.points(1.5)
@pytest.mark.hint("Gradients for A and B alone, all with the weights before the step; minus lr times.")
def test_fine_tune(rng, assert_tensor):
    """Losses, A and B agree with plain SGD, and the base does not move"""
    rank, alpha, lr = 2, 3.0, 0.05
    layer, own = draw_layer(rng, rank, alpha)
    layer.load_state_dict({"b": torch.zeros_like(own["b"])}, strict=False)
    out, into = own["base.weight"].shape
    x, y = draw(rng, 10, into), draw(rng, 10, out)
    a, b = own["a"], torch.zeros_like(own["b"])
    expected = []
    for _ in range(3):
        error = apply(x, own["base.weight"] + alpha / rank * b @ a, own["base.bias"]) - y
        expected.append(error.square().mean().item())
        slope = (2 / error.numel()) * (alpha / rank) * error.T @ x
        a, b = a - lr * b.T @ slope, b - lr * slope @ a.T

    losses = question5.fine_tune(layer, x, y, 3, lr)

    assert losses == pytest.approx(expected, rel=1e-6), "the losses are wrong"
    for name, value in {**own, "a": a, "b": b}.items():
        assert_tensor(snapshot(layer)[name], value)
    assert trainable(layer) == ["a", "b"], "what is trainable has changed"


@pytest.mark.points(0.5)
@pytest.mark.hint("d scales the rows of A, v the rows of B. No square matrix needs to be made.")
def test_vera_delta(rng, assert_tensor):
    """The difference that VeRA adds, for random matrices and vectors"""
    out, into, rank = sizes(rng, 3)
    a, b, d, v = draw(rng, rank, into), draw(rng, out, rank), draw(rng, rank), draw(rng, out)
    expected = torch.diag(v) @ b @ torch.diag(d) @ a
    assert_tensor(question5.vera_delta(a, b, d, v), expected)


@pytest.mark.points(0.5)
@pytest.mark.hint("Count element by element: two thin matrices, two vectors, two layers with biases.")
def test_counts(rng):
    """Numbers of trained parameters, for random shapes"""
    shapes = [(int(out), int(into)) for out, into in rng.integers(3, 99, size=(4, 2))]
    rank = int(rng.integers(2, 9))
    lora = [torch.empty(rank, into).numel() + torch.empty(out, rank).numel() for out, into in shapes]
    assert question5.lora_count(shapes, rank) == sum(lora), "LoRA"
    vera = [torch.empty(rank).numel() + torch.empty(out).numel() for out, _ in shapes]
    assert question5.vera_count(shapes, rank) == sum(vera), "VeRA"
    width, inner, adapters = (int(n) for n in rng.integers(3, 50, size=3))
    layers = torch.nn.Linear(width, inner), torch.nn.Linear(inner, width)
    each = sum(p.numel() for layer in layers for p in layer.parameters())
    assert question5.adapter_count(width, inner, adapters) == adapters * each, "adapters"


@pytest.mark.points(0.5)
@pytest.mark.hint("VeRA shares one A and one B among all layers. Adam keeps three copies in 4 bytes.")
def test_bytes(rng):
    """Bytes of VeRA in memory and of training, for random sizes"""
    rank, element = int(rng.integers(2, 9)), int(rng.choice([1, 2, 4]))
    outs, intos = rng.permutation(range(10, 60))[:5], rng.permutation(range(10, 60))[:5]
    shapes = [(int(out), int(into)) for out, into in zip(outs, intos, strict=True)]
    numbers = rank * int(max(outs)) + rank * int(max(intos)) + int(sum(outs)) + 5 * rank
    assert question5.vera_bytes(shapes, rank, element) == element * numbers, "VeRA"
    frozen, trained = (int(n) for n in rng.integers(1000, 10**6, size=2))
    assert question5.training_bytes(frozen, trained) == 2 * frozen + 16 * trained, "training"
