"""Hidden checks of problem 1: many ranks against one process, and schedules."""

import itertools

import pytest
import question1
import torch

POINT_TO_POINT = ("send", "recv", "isend", "irecv", "batch_isend_irecv")


def draw(rng, *shape):
    """A float64 tensor of normal random numbers."""
    return torch.from_numpy(rng.standard_normal(shape))


def two_layers(rng, inputs=3, hidden=4, outputs=2):
    shapes = [(inputs, hidden), (hidden,), (hidden, outputs), (outputs,)]
    return [draw(rng, *shape) for shape in shapes]


def single_process_step(weights, x, y, lr):
    """The step on the whole batch, by hand."""
    w1, b1, w2, b2 = weights
    hidden = torch.tanh(x @ w1 + b1)
    error = hidden @ w2 + b2 - y
    slope = 2 * error / len(x)
    inner = slope @ w2.T * (1 - hidden**2)
    gradients = [x.T @ inner, inner.sum(0), hidden.T @ slope, slope.sum(0)]
    return [w - lr * g for w, g in zip(weights, gradients, strict=True)], (error**2).sum() / len(x)


def greedy_buckets(sizes, capacity):
    """Buckets by recursion: the longest run from the end that fits, then the rest."""
    if not sizes:
        return []
    take = 1
    while take < len(sizes) and sum(sizes[-take - 1 :]) <= capacity:
        take += 1
    here = list(range(len(sizes) - 1, len(sizes) - take - 1, -1))
    return [here, *greedy_buckets(sizes[:-take], capacity)]


def calls_of(traffic):
    return [(call.name, call.count) for call in traffic.collectives]


def check_step(ranks, rng, assert_tensor, sizes):
    """One step over ranks with `sizes` examples each, against the step on all of them."""
    weights = two_layers(rng)
    x, y = draw(rng, sum(sizes), 3), draw(rng, sum(sizes), 2)
    xs, ys = x.split(sizes), y.split(sizes)

    results = ranks.run(
        question1.data_parallel_step, lambda rank: (weights, xs[rank], ys[rank], 0.3)
    )

    expected, expected_loss = single_process_step(weights, x, y, 0.3)
    for new, loss in results:
        assert_tensor(loss, expected_loss)
        for actual, wanted in zip(new, expected, strict=True):
            assert_tensor(actual, wanted)


@pytest.mark.points(1)
@pytest.mark.hint("A gradient that fills the bucket exactly still fits. Walk from the last one.")
def test_buckets(rng):
    """Buckets of many sizes"""
    for _ in range(30):
        sizes = [int(size) for size in rng.integers(1, 9, size=int(rng.integers(0, 9)))]
        capacity = int(rng.integers(3, 14))
        actual = question1.buckets(sizes, capacity)
        assert actual == greedy_buckets(sizes, capacity), f"{sizes} with capacity {capacity}"


@pytest.mark.ranks(3)
@pytest.mark.points(2)
@pytest.mark.hint("Flatten each bucket, one all_reduce, divide by the number of ranks, cut apart.")
def test_average_gradients(ranks, rng, assert_tensor):
    """Averages over three ranks, in several buckets"""
    shapes = [(2, 3), (5,), (1, 2, 2), (), (7,), (3, 1)]
    gradients = [[draw(rng, *shape) for shape in shapes] for _ in range(3)]

    results = ranks.run(question1.average_gradients, lambda rank: (gradients[rank], 11))

    for result in results:
        assert len(result) == len(shapes), "not as many gradients as there were"
        for index, actual in enumerate(result):
            assert_tensor(actual, sum(mine[index] for mine in gradients) / 3)
    for traffic in ranks.traffic:
        expected = [("all_reduce", size) for size in (11, 9, 6)]
        assert calls_of(traffic) == expected, "not one all_reduce for each bucket, in their order"


@pytest.mark.ranks(4)
@pytest.mark.points(3)
@pytest.mark.hint("The mean is over all examples of all ranks, and divides by their number once.")
def test_data_parallel_step(ranks, rng, assert_tensor):
    """A data-parallel step equals the step on the whole batch, by one all_reduce"""
    check_step(ranks, rng, assert_tensor, [3, 3, 3, 3])
    for traffic in ranks.traffic:
        weights = 3 * 4 + 4 + 4 * 2 + 2
        assert calls_of(traffic) == [("all_reduce", weights + 2)], "not ONE flat all_reduce"
        assert traffic.messages == 0, "nothing but the all_reduce is needed"


@pytest.mark.ranks(3)
@pytest.mark.points(2)
@pytest.mark.hint("A mean of the ranks' means is no mean of all: add up sums, and count.")
def test_unequal_shards(ranks, rng, assert_tensor):
    """Ranks with different numbers of examples, one with none"""
    check_step(ranks, rng, assert_tensor, [5, 0, 2])


@pytest.mark.points(2)
@pytest.mark.hint("Write down when a result reaches each stage, forwards and then backwards.")
def test_gpipe_schedule(rng):
    """GPipe schedules of many sizes"""
    sizes = [(1, 3), (4, 1), *(tuple(int(x) for x in rng.integers(2, 8, size=2)) for _ in range(4))]
    for stages, batches in sizes:
        table = question1.gpipe_schedule(stages, batches)
        assert len(table) == stages, "one row for each stage"
        steps = 2 * (stages + batches - 1)
        assert [len(row) for row in table] == [steps] * stages, "the number of steps is wrong"
        expected = [[""] * steps for _ in range(stages)]
        for stage, batch in itertools.product(range(stages), range(batches)):
            expected[stage][stage + batch] = f"F{batch}"
            begin = stages + batches - 1
            arrival = begin + (stages - 1 - stage) + (batches - 1 - batch)
            expected[stage][arrival] = f"B{batch}"
        assert table == expected, f"the schedule of {stages} stages, {batches} micro-batches"


@pytest.mark.points(1)
@pytest.mark.hint("Count; do not use GPipe's formula. An activation is held until its backward.")
def test_bubble_and_activations(rng):
    """Bubble and held activations of GPipe and of another schedule"""
    stages, batches = (int(x) for x in rng.integers(2, 9, size=2))
    half = stages + batches - 1
    one = [f"F{i}" for i in range(batches)]
    other = [f"B{i}" for i in reversed(range(batches))]
    idle = [["" for _ in range(count)] for count in range(stages)]
    gpipe = [
        [*idle[s], *one, *idle[stages - 1 - s], *idle[stages - 1 - s], *other, *idle[s]]
        for s in range(stages)
    ]
    assert question1.bubble_fraction(gpipe) == pytest.approx((stages - 1) / half), "GPipe's bubble"
    assert question1.peak_activations(gpipe) == [batches] * stages, "GPipe's activations"

    one_forward_one_backward = [
        ["F0", "F1", "F2", "", "", "B0", "F3", "B1", "", "B2", "", "B3"],
        ["", "F0", "F1", "", "B0", "F2", "B1", "F3", "B2", "", "B3", ""],
        ["", "", "F0", "B0", "F1", "B1", "F2", "B2", "F3", "B3", "", ""],
    ]
    bubble = question1.bubble_fraction(one_forward_one_backward)
    assert bubble == pytest.approx(12 / 36), "the bubble of another schedule"
    peaks = question1.peak_activations(one_forward_one_backward)
    assert peaks == [3, 2, 1], "the activations of another schedule"

    one_after_the_other = [
        ["F0", "", "", "B0", "F1", "", "", "B1"],
        ["", "F0", "B0", "", "", "F1", "B1", ""],
    ]
    bubble = question1.bubble_fraction(one_after_the_other)
    assert bubble == pytest.approx(8 / 16), "the bubble without any overlap"
    peaks = question1.peak_activations(one_after_the_other)
    assert peaks == [1, 1], "the activations without any overlap"


@pytest.mark.ranks(3)
@pytest.mark.points(5)
@pytest.mark.hint(
    "Keep each micro-batch's input and result until its gradient arrives; gradients of all "
    "micro-batches add up, and the loss divides by n, not by n / m."
)
def test_pipeline_gradient(ranks, rng, assert_tensor):
    """A pipeline's gradients are those of one process, with 2 m messages at the most"""
    batches, rows, width = 3, 2, 4
    n = batches * rows
    weights = [0.7 * draw(rng, width, width) for _ in range(3)]
    x, y = draw(rng, n, width), draw(rng, n, width)

    results = ranks.run(
        question1.pipeline_gradient,
        lambda rank: (
            weights[rank],
            x if rank == 0 else None,
            y if rank == 2 else None,
            (n, width),
            batches,
        ),
        allow=POINT_TO_POINT,
    )

    leaves = [weight.clone().requires_grad_() for weight in weights]
    h = x
    for leaf in leaves:
        h = torch.tanh(h @ leaf)
    ((h - y) ** 2).sum(dim=1).mean().backward()
    for actual, leaf in zip(results, leaves, strict=True):
        assert_tensor(actual, leaf.grad)
    sent = [(traffic.messages, traffic.bytes) for traffic in ranks.traffic]
    piece = rows * width * 8
    expected = [(count, count * piece) for count in (batches, 2 * batches, batches)]
    assert sent == expected, "not one message for each micro-batch and direction"
