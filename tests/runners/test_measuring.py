"""What a call costs: operators, flops, graphs, memory, and calls of the check's own functions."""

from __future__ import annotations

from tests.runners.conftest import Grade, messages, outcomes

SOURCE = """
    import torch
    import torch.nn.functional as F

    def product(a, b):
        return a @ b

    def attention(q, k, v):
        return F.scaled_dot_product_attention(q, k, v)

    def with_graph(a, b):
        with torch.enable_grad():
            return (a.requires_grad_() @ b).sum()

    def with_backward(a, b):
        a.requires_grad_()
        with torch.enable_grad():
            (a @ b).sum().backward()
        return a.grad

    def without_graph(a, b):
        with torch.no_grad():
            return a.requires_grad_() @ b

    def large(megabytes):
        return float(torch.ones(megabytes, 1024, 256).sum())

    def in_place(a):
        a.add_(1)
        return a

    def decode(model, steps):
        x = torch.zeros(1)
        for _ in range(steps):
            x = model(x, step=1)
        return x
"""


CHECK = """
    import pytest, torch, question1
    from question1 import attention, decode, in_place, large, product

    def test_product(measure, assert_tensor):
        a, b = torch.ones(8, 16), torch.ones(16, 4)
        run = measure(product, a, b=b)
        assert_tensor(run.result, a @ b)
        assert run.flops == 2 * 8 * 16 * 4, run
        assert run.operators == {"aten.mm": 1}, run
        assert run.backward is False and 0 < run.seconds < 1, run

    def test_attention(measure):
        run = measure(attention, *[torch.ones(1, 2, 8, 4)] * 3)
        assert run.flops == 2 * 2 * (8 * 8 * 4) * 2, run

    @pytest.mark.parametrize(
        ("name", "graph"), [("with_graph", True), ("with_backward", True),
                            ("without_graph", False)])
    def test_graph(measure, name, graph):
        run = measure(getattr(question1, name), torch.ones(4, 4), torch.ones(4, 4))
        assert run.backward is graph, run

    def test_memory(measure):
        for megabytes in (40, 10, 20):
            run = measure(large, megabytes)
            assert abs(run.peak_bytes - megabytes * 2**20) < 6 * 2**20, (megabytes, run)

    def test_arguments(measure):
        a = torch.zeros(2)
        assert measure(in_place, a).result is a
        assert a.tolist() == [1, 1]

    def test_calls(measure):
        counted = measure.calls(lambda x, step: x.add_(step))
        assert decode(counted, 5).tolist() == [5]
        assert counted.count == 5
        assert [x.tolist() for x, in counted.arguments] == [[0], [1], [2], [3], [4]]
        assert counted.named == [{"step": 1}] * 5

    def test_what_crosses_is_no_work(measure):
        run = measure(decode, measure.calls(lambda x, step: x + step), 3)
        assert run.operators == {"aten.zeros": 1}, run

    def test_raising(measure):
        with pytest.raises(RuntimeError, match="cannot be multiplied"):
            measure(product, torch.ones(2, 3), torch.ones(2, 3))
"""


def test_a_call_and_its_cost(grade: Grade) -> None:
    report = grade(CHECK, SOURCE)
    assert set(outcomes(report).values()) == {"passed"}, messages(report)
