"""Checks on several ranks: real processes, joined by the judge."""

from __future__ import annotations

from runners.grading import Grader
from runners.sandboxes.process import ProcessSandbox
from tests.runners.conftest import Grade, make_request, messages, outcomes

RING = """
    import torch
    import torch.distributed as dist

    def ring(x, extra=0):
        rank, size = dist.get_rank(), dist.get_world_size()
        chunks = list(x.clone().chunk(size))
        right, left = (rank + 1) % size, (rank - 1) % size
        for step in range(2 * (size - 1)):
            out, into = chunks[(rank - step) % size], (rank - step - 1) % size
            got = torch.empty(chunks[into].numel() + extra, dtype=x.dtype)
            sent = dist.isend(torch.cat([out, out.new_zeros(extra)]), right)
            dist.recv(got, left)
            sent.wait()
            got = got[: chunks[into].numel()]
            chunks[into] = chunks[into] + got if step < size - 1 else got
        return torch.cat(chunks)
"""


def test_a_ring_gives_the_sum_with_exactly_its_bytes(grade: Grade) -> None:
    check = """
        import pytest, torch, time
        from question1 import ring

        @pytest.mark.ranks(4)
        def test_ring(ranks, rng, assert_tensor):
            xs = [torch.from_numpy(rng.standard_normal(32)) for _ in range(4)]
            begun = time.monotonic()
            results = ranks.run(ring, [(x,) for x in xs], allow=["send", "recv"])
            assert time.monotonic() - begun < 1
            for result in results:
                assert_tensor(result, sum(xs))
            for sent in ranks.traffic:
                assert (sent.messages, sent.bytes, sent.collectives) == (6, 6 * 8 * 8, [])

        @pytest.mark.ranks(4)
        def test_more_than_needed_is_seen(ranks):
            ranks.run(ring, lambda rank: (torch.ones(32), 1))
            assert [sent.bytes for sent in ranks.traffic] == [6 * 9 * 4] * 4
    """
    report = grade(check, RING)
    assert set(outcomes(report).values()) == {"passed"}, messages(report)


EVERYTHING = """
    import torch
    import torch.distributed as dist

    def everything(x):
        rank, size = dist.get_rank(), dist.get_world_size()
        seen = {}

        def kept(name, work, *outputs):
            if work is not None:
                work.wait()
            seen[name] = [output.clone() for output in outputs]

        def filled(*shape):
            return torch.zeros(*shape, dtype=x.dtype)

        for op in ("SUM", "PRODUCT", "MIN", "MAX", "AVG"):
            y = x.clone()
            kept(op, dist.all_reduce(y, getattr(dist.ReduceOp, op), async_op=True), y)
        parts = [filled(x.shape[0]) for _ in range(size)]
        kept("all_gather", dist.all_gather(parts, x), *parts)
        whole = filled(size, x.shape[0])
        kept("all_gather_single", dist.all_gather_single(whole, x), whole)
        piece = filled(x.shape[0] // size)
        kept("reduce_scatter", dist.reduce_scatter(piece, list(x.chunk(size))), piece)
        kept("reduce_scatter_single", dist.reduce_scatter_single(piece, x), piece)
        y = filled(x.shape[0])
        kept("all_to_all_single", dist.all_to_all_single(y, x), y)
        sizes = [2 if (rank + other) % 2 else 4 for other in range(size)]
        kept("uneven", dist.all_to_all_single(y, x, sizes, sizes), y)
        halves = [filled(x.shape[0] // size) for _ in range(size)]
        kept("all_to_all", dist.all_to_all(halves, list(x.chunk(size))), *halves)
        y = x.clone()
        kept("broadcast", dist.broadcast(y, 1), y)
        mine = list(x.chunk(size)) if rank == 1 else None
        kept("scatter", dist.scatter(piece, mine, 1), piece)
        kept("gather", dist.gather(x, parts if rank == 1 else None, 1), *parts)
        y = x.clone()
        dist.reduce(y, 1)
        seen["reduce"] = [y] if rank == 1 else []
        dist.barrier()
        return seen
"""
VALUES = """
    import pytest, torch
    from question1 import everything

    def check(results, xs, same):
        total, size, stacked = sum(xs), len(xs), torch.stack(xs)
        for rank, seen in enumerate(results):
            def chunk(x, i):
                return x.chunk(size)[i]
            def cut(i, j):
                sizes = [2 if (i + other) % 2 else 4 for other in range(size)]
                return xs[i].split(sizes)[j]
            wanted = {
                "SUM": [total], "PRODUCT": [stacked.prod(0)], "AVG": [total / size],
                "MIN": [stacked.amin(0)], "MAX": [stacked.amax(0)],
                "all_gather": xs, "all_gather_single": [stacked],
                "reduce_scatter": [chunk(total, rank)],
                "reduce_scatter_single": [chunk(total, rank)],
                "all_to_all_single": [torch.cat([chunk(x, rank) for x in xs])],
                "uneven": [torch.cat([cut(i, rank) for i in range(size)])],
                "all_to_all": [chunk(x, rank) for x in xs],
                "broadcast": [xs[1]], "scatter": [chunk(xs[1], rank)], "gather": xs,
                "reduce": [total] if rank == 1 else [],
            }
            assert seen.keys() == wanted.keys(), seen.keys() ^ wanted.keys()
            for name, tensors in wanted.items():
                assert len(seen[name]) == len(tensors), name
                for got, want in zip(seen[name], tensors):
                    same(got, want.to(got.dtype))

    @pytest.mark.ranks(2)
    @pytest.mark.parametrize(
        "dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64]
    )
    def test_values(ranks, rng, assert_tensor, dtype):
        xs = [torch.from_numpy(rng.integers(1, 9, 6)).to(dtype) * 2 for _ in range(2)]
        check(ranks.run(everything, [(x,) for x in xs]), xs, assert_tensor)
        names = [c.name for c in ranks.traffic[0].collectives]
        assert names == ["all_reduce"] * 5 + [
            "all_gather", "all_gather_into_tensor", "reduce_scatter", "reduce_scatter_tensor",
            "all_to_all_single", "all_to_all_single", "all_to_all", "broadcast", "scatter",
            "gather", "reduce", "barrier",
        ]
        size = xs[0].element_size()
        counts = [(c.count, c.bytes) for c in ranks.traffic[0].collectives]
        assert counts == [(6, 6 * size)] * 12 + [(0, 0)] * 2 + [(6, 6 * size)] * 2 + [(0, 0)]
"""


def test_values_are_those_of_torch_for_every_operation(grade: Grade) -> None:
    report = grade(VALUES, EVERYTHING)
    assert set(outcomes(report).values()) == {"passed"}, messages(report)


BAD = """
    import os, time, torch
    import torch.distributed as dist

    def all_send_first(x):
        other = 1 - dist.get_rank()
        dist.send(x, other)
        got = torch.empty_like(x)
        dist.recv(got, other)
        return got

    def one_leaves(x):
        if dist.get_rank() == 1:
            return x
        dist.barrier()

    def one_raises(x):
        if dist.get_rank() == 1:
            raise ValueError("bad shape")
        dist.recv(x, 1)

    def one_hangs(x):
        while dist.get_rank() == 1:
            time.sleep(0.01)
        dist.recv(x, 1)

    def one_dies(x):
        if dist.get_rank() == 1:
            os._exit(3)
        dist.recv(x, 1)

    def hides(x):
        try:
            if dist.get_rank():
                dist.all_reduce(x)
        except BaseException:
            pass
        return x

    def mixed(x):
        dist.barrier() if dist.get_rank() else dist.all_reduce(x)

    def unequal(x):
        dist.all_reduce(x[: 1 + dist.get_rank()])

    def short_buffer(x):
        if dist.get_rank():
            dist.recv(x[:1], 0)
        else:
            dist.isend(x, 1)

    def nobody(x, to):
        dist.isend(x, to)
"""


def test_what_goes_wrong_is_told(grade: Grade) -> None:
    check = """
        import pytest, torch, question1

        def run(ranks, name, *more, **named):
            return ranks.run(getattr(question1, name), [(torch.ones(2), *more)] * 2, **named)

        @pytest.mark.ranks(2)
        def test_deadlock(ranks): run(ranks, "all_send_first")

        @pytest.mark.ranks(2)
        def test_left(ranks): run(ranks, "one_leaves")

        @pytest.mark.ranks(2)
        def test_raised(ranks): run(ranks, "one_raises")

        @pytest.mark.ranks(2)
        def test_raises(ranks):
            with pytest.raises(ValueError, match="rank 1: bad shape"):
                run(ranks, "one_raises")

        @pytest.mark.ranks(2)
        @pytest.mark.timeout(1)
        def test_hangs(ranks): run(ranks, "one_hangs")

        @pytest.mark.ranks(2)
        def test_dies(ranks):
            with pytest.raises(BaseException):
                run(ranks, "one_dies")

        @pytest.mark.ranks(2)
        def test_forbidden(ranks):
            with pytest.raises(BaseException):
                run(ranks, "hides", allow=["isend", "irecv"])

        @pytest.mark.ranks(2)
        def test_mixed(ranks): run(ranks, "mixed")

        @pytest.mark.ranks(2)
        def test_unequal(ranks): run(ranks, "unequal")

        @pytest.mark.ranks(2)
        def test_short(ranks): run(ranks, "short_buffer")

        @pytest.mark.ranks(2)
        def test_beyond(ranks): run(ranks, "nobody", 7)

        @pytest.mark.ranks(2)
        def test_self(ranks):
            ranks.run(question1.nobody, lambda rank: (torch.ones(2), rank))
    """
    report = grade(check, BAD)
    said = messages(report)
    assert outcomes(report) == {
        **dict.fromkeys(said, "failed"),
        "test_raises": "passed",
        "test_hangs": "timeout",
        "test_dies": "crashed",
    }
    place = "(question1.py, line "
    assert said == {
        "test_deadlock": f"no rank can go on: rank 0 waits in send to rank 1 {place}7); "
        f"rank 1 waits in send to rank 0 {place}7)",
        "test_left": f"no rank can go on: rank 0 waits in barrier {place}15), "
        "not called by rank 1; rank 1 has ended",
        "test_raised": f"your code raised ValueError: rank 1: bad shape {place}19, in one_raises)",
        "test_raises": "",
        "test_hangs": "no answer within the time limit: "
        f"rank 0 waits in recv from rank 1 {place}25); rank 1 is computing",
        "test_dies": "rank 1: the code ended the Python process it runs in",
        "test_forbidden": f"rank 1 uses all_reduce {place}35); allowed here: recv, send",
        "test_mixed": "the ranks call different operations at the same time: "
        f"rank 0 all_reduce {place}41), rank 1 barrier {place}41)",
        "test_unequal": "all_reduce (question1.py, line 44): "
        "rank 0 gives 1 elements of float32, rank 1 gives 2 elements of float32",
        "test_short": "your code raised RuntimeError: "
        "rank 1: the message is 2 elements of float32, "
        f"the tensor for it 1 elements of float32 {place}48, in short_buffer)",
        "test_beyond": "your code raised ValueError: rank 0: invalid rank 7: the group has the "
        f"ranks 0 to 1 {place}53, in nobody)",
        "test_self": "your code raised ValueError: rank 0: a rank cannot send to itself or receive "
        f"from itself {place}53, in nobody)",
    }


def test_ranks_run_without_a_sandbox_too() -> None:
    """On a laptop, for one's own code."""
    check = """
        import pytest, torch
        from question1 import all_send_first, ring

        @pytest.mark.ranks(4)
        def test_ring(ranks):
            assert [float(x.sum()) for x in ranks.run(ring, [(torch.ones(8),)] * 4)] == [32.0] * 4

        @pytest.mark.ranks(2)
        def test_stuck(ranks): ranks.run(all_send_first, [(torch.ones(8),)] * 2)
    """
    with Grader(ProcessSandbox()) as grader:
        report = grader.grade(make_request(check, RING + BAD))
    assert outcomes(report) == {"test_ring": "passed", "test_stuck": "failed"}, messages(report)
