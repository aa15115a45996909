"""Hidden checks of problem 4: values, messages and bytes on two to five ranks."""

import math

import pytest
import question4
import torch

POINT_TO_POINT = ("send", "recv", "isend", "irecv", "batch_isend_irecv")
RANKS = [pytest.param(size, marks=pytest.mark.ranks(size)) for size in (2, 3, 4, 5)]


def draw(rng, size, *shape, dtype=torch.int64):
    """Whole numbers for each rank, small enough that their sums are exact in every dtype."""
    return torch.from_numpy(rng.integers(-9, 10, size=(size, *shape))).to(dtype)


def run(ranks, function, tensors):
    """One call on each rank, with sends and receives alone; one result for each."""
    return ranks.run(function, [(tensor,) for tensor in tensors], allow=POINT_TO_POINT)


def chunks_of(x, size):
    """The reference of `padded_chunks`."""
    length = math.ceil(x.numel() / size)
    filled = x.flatten().tolist() + [0] * (size * length - x.numel())
    return torch.tensor(filled, dtype=x.dtype).reshape(size, length)


def assert_traffic(ranks, messages, payload):
    for rank in range(ranks.size):
        sent = ranks.traffic[rank]
        assert sent.messages == messages, "a rank sent another number of messages"
        assert sent.bytes == payload, "a rank sent another number of bytes"


@pytest.mark.points(1)
@pytest.mark.hint("The chunk length is rounded up; a chunk may be all padding; x stays as it is.")
@pytest.mark.parametrize("shape", [(12,), (3, 5), (2,), (1, 1, 7)])
def test_padded_chunks(shape, rng, assert_tensor):
    """Chunks of tensors of any shape"""
    for size, dtype in [(4, torch.float32), (5, torch.int64), (1, torch.bfloat16)]:
        x = draw(rng, 1, *shape, dtype=dtype)[0]
        before = x.clone()
        result = question4.padded_chunks(x, size)
        assert_tensor(result, chunks_of(x, size))
        assert_tensor(x, before)


@pytest.mark.points(1)
@pytest.mark.hint("One message to the right, one from the left, for each rank.")
@pytest.mark.parametrize("size", RANKS)
def test_pass_on(size, ranks, rng, assert_tensor):
    """Every rank gets what the rank before it sent"""
    pieces = draw(rng, size, 6)
    results = run(ranks, question4.pass_on, pieces)
    for rank, result in enumerate(results):
        assert_tensor(result, pieces[rank - 1])
    assert_traffic(ranks, 1, 6 * 8)


@pytest.mark.points(3)
@pytest.mark.hint(
    "Follow one chunk around the ring: it must end, complete, on the rank of its number. Which "
    "chunk does a rank pass on in its first step?"
)
@pytest.mark.parametrize("size", RANKS)
def test_reduce_scatter(size, ranks, rng, assert_tensor):
    """Reduce-scatter leaves chunk r of the sum on rank r"""
    x = draw(rng, size, 2 * size + 1)
    expected = chunks_of(x.sum(0), size)
    results = run(ranks, question4.ring_reduce_scatter, x)
    for result, chunk in zip(results, expected, strict=True):
        assert_tensor(result, chunk)


@pytest.mark.points(2)
@pytest.mark.hint("What arrives in step s comes from s ranks before: that is its place.")
@pytest.mark.parametrize("size", RANKS)
def test_all_gather(size, ranks, rng, assert_tensor):
    """All-gather puts the pieces in the order of the ranks"""
    pieces = draw(rng, size, 4)
    for result in run(ranks, question4.ring_all_gather, pieces):
        assert_tensor(result, pieces.flatten())


@pytest.mark.points(3)
@pytest.mark.hint(
    "A reduce-scatter and an all-gather; then cut the padding off and give the shape back."
)
@pytest.mark.parametrize("size", RANKS)
def test_all_reduce(size, ranks, rng, assert_tensor):
    """All-reduce of tensors of any shape, on two to five ranks"""
    for shape in [(3 * size,), (2, 2 * size + 1), (size - 1, 1)]:
        x = draw(rng, size, *shape)
        expected = x.sum(0)
        for result in run(ranks, question4.ring_all_reduce, x):
            assert_tensor(result, expected)


@pytest.mark.points(3)
@pytest.mark.hint(
    "2 (size - 1) messages of ceil(elements / size) elements from each rank. Passing whole tensors "
    "around gives the right sum at `size` times the price."
)
@pytest.mark.parametrize("size", RANKS)
def test_traffic_of_all_reduce(size, ranks, rng):
    """All-reduce sends as many messages and bytes as it must"""
    for count in (4 * size, 4 * size + 1, 1):
        run(ranks, question4.ring_all_reduce, draw(rng, size, count))
        assert_traffic(ranks, 2 * (size - 1), 2 * (size - 1) * math.ceil(count / size) * 8)


@pytest.mark.points(2)
@pytest.mark.hint("size - 1 messages of one chunk each, from each rank.")
@pytest.mark.parametrize("size", RANKS)
def test_traffic_of_the_halves(size, ranks, rng):
    """Reduce-scatter and all-gather send as many messages and bytes as they must"""
    run(ranks, question4.ring_reduce_scatter, draw(rng, size, 3 * size - 1))
    assert_traffic(ranks, size - 1, (size - 1) * 3 * 8)
    run(ranks, question4.ring_all_gather, draw(rng, size, 7))
    assert_traffic(ranks, size - 1, (size - 1) * 7 * 8)


@pytest.mark.points(1)
@pytest.mark.ranks(3)
@pytest.mark.hint("Messages have the dtype of the argument: half precision moves half the bytes.")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.int32])
def test_dtypes(dtype, ranks, rng, assert_tensor):
    """All-reduce keeps the dtype, in the result and on the way"""
    x = draw(rng, 3, 8, dtype=dtype)
    expected = x.double().sum(0).to(dtype)
    for result in run(ranks, question4.ring_all_reduce, x):
        assert_tensor(result, expected)
    assert_traffic(ranks, 4, 4 * 3 * dtype.itemsize)


@pytest.mark.points(1)
@pytest.mark.ranks(2)
@pytest.mark.hint("Add to a copy: a chunk of x is a view, and += changes x.")
def test_arguments_are_kept(ranks, rng, assert_tensor):
    """No rank's tensor changes, and no result is the argument itself"""
    x = draw(rng, 2, 6, dtype=torch.float64)
    before = x.clone()
    for function in (
        question4.ring_reduce_scatter,
        question4.ring_all_gather,
        question4.ring_all_reduce,
    ):
        run(ranks, function, x)
        assert_tensor(x, before)


@pytest.mark.points(1)
@pytest.mark.hint("2 (size - 1) steps; the chunk is padded; nothing is sent on one rank alone.")
def test_ring_seconds(rng):
    """Time of an all-reduce for random sizes"""
    latency, bandwidth = float(rng.uniform(1e-6, 1e-4)), float(rng.uniform(1e9, 1e11))
    for size in (1, 2, 7, 64):
        elements, itemsize = int(rng.integers(10**6, 10**7)), int(rng.choice([1, 2, 4, 8]))
        step = latency + math.ceil(elements / size) * itemsize / bandwidth
        actual = question4.ring_seconds(elements, itemsize, size, latency, bandwidth)
        assert actual == pytest.approx(2 * (size - 1) * step, rel=1e-9), "wrong time"
