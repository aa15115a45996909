"""What ranks share with the check and with one another, and what they do not."""

from __future__ import annotations

from runners.contract import Verdict
from tests.runners.conftest import Grade, messages, outcomes

APART = """
    import threading, torch
    import torch.distributed as dist

    state = []
    model = torch.nn.Linear(2, 1)

    def remember(x):
        state.append(dist.get_rank())
        dist.barrier()
        return len(state)

    def remembered(): return list(state)

    def initialised(): return dist.is_initialized()

    def noise(): return torch.rand(3)

    def change(xs, box):
        xs[0].add_(dist.get_rank())
        box["rank"] = dist.get_rank()
        return xs[0].sum()

    def train(x):
        x.requires_grad_()
        loss = model(x).sum()
        loss.backward()
        dist.all_reduce(model.weight.grad)
        return loss, model.weight.grad

    def hand_out(): return model

    def with_model(network, x): return network(x)

    def called_back(ask): return ask(dist.get_rank())

    def batch(x):
        rank, size = dist.get_rank(), dist.get_world_size()
        got = torch.empty_like(x)
        sends = dist.P2POp(dist.isend, x + rank, (rank + 1) % size)
        for work in dist.batch_isend_irecv([sends, dist.P2POp(dist.irecv, got, (rank - 1) % size)]):
            work.wait()
        return got

    def from_any(x):
        if dist.get_rank():
            dist.send(x, 0)
            return None
        return sorted(dist.recv(x) for _ in range(dist.get_world_size() - 1))

    def poll(x):
        if dist.get_rank():
            dist.send(x + 5, 0)
            return None
        work = dist.irecv(x, 1)
        while not work.is_completed():
            pass
        work.wait()
        return x

    def objects(x):
        got = [None] * dist.get_world_size()
        dist.all_gather_object(got, {"rank": dist.get_rank()})
        return got

    def group(x): dist.new_group([0, 1])

    def talk(x): print("hello from", dist.get_rank())
"""


def test_ranks_are_processes_of_their_own(grade: Grade) -> None:
    check = """
        import pytest, torch, question1

        pytestmark = pytest.mark.ranks(3)

        def test_no_rank_sees_another(ranks):
            x = [(torch.ones(1),)] * 3
            assert ranks.run(question1.remember, x) == [1, 1, 1]
            assert ranks.run(question1.remember, x) == [1, 1, 1]
            assert question1.remembered() == []
            assert question1.initialised() is False

        def test_randomness(ranks):
            own = ranks.run(question1.noise, [()] * 3)
            assert not torch.equal(own[0], own[1])
            torch.manual_seed(1)
            same = ranks.run(question1.noise, [()] * 3)
            assert torch.equal(same[0], same[2])

        def test_arguments_come_back(ranks):
            given = [([torch.zeros(2)], {}) for _ in range(3)]
            assert [float(x) for x in ranks.run(question1.change, given)] == [0, 2, 4]
            assert [xs[0].tolist() for xs, _ in given] == [[0, 0], [1, 1], [2, 2]]
            assert [box for _, box in given] == [{"rank": 0}, {"rank": 1}, {"rank": 2}]

        def test_backward_inside_a_rank(ranks):
            x = torch.ones(1, 2)
            for loss, grad in ranks.run(question1.train, [(x.clone(),) for _ in range(3)]):
                assert grad.tolist() == [[3, 3]] and not loss.requires_grad

        def test_objects_of_the_check_are_known(ranks, assert_tensor):
            network, x = question1.hand_out(), torch.ones(1, 2)
            for y in ranks.run(question1.with_model, [(network, x)] * 3):
                assert_tensor(y, network(x).detach())

        def test_functions_of_the_check(ranks):
            assert ranks.run(question1.called_back, [(lambda rank: rank * 10,)] * 3) == [0, 10, 20]

        def test_other_ways_to_talk(ranks):
            x = [(torch.zeros(2),)] * 3
            assert [y.tolist() for y in ranks.run(question1.batch, x)] == [[2, 2], [0, 0], [1, 1]]
            assert ranks.run(question1.from_any, x) == [[1, 2], None, None]
            everybody = [{"rank": 0}, {"rank": 1}, {"rank": 2}]
            assert ranks.run(question1.objects, x) == [everybody] * 3

        @pytest.mark.ranks(2)
        def test_polling(ranks):
            got, _ = ranks.run(question1.poll, [(torch.zeros(2),)] * 2)
            assert got.tolist() == [5, 5]

        def test_there_is_one_group(ranks):
            with pytest.raises(NotImplementedError, match="only the default group"):
                ranks.run(question1.group, [(0,)] * 3)

        @pytest.mark.visibility("visible")
        def test_output(ranks):
            ranks.run(question1.talk, [(0,)] * 3)
    """
    report = grade(check, APART)
    assert set(outcomes(report).values()) == {"passed"}, messages(report)
    told = report.checks[-1].output
    assert told == "".join(f"rank {rank}:\nhello from {rank}\n" for rank in range(3))


def test_a_suite_that_uses_ranks_wrongly_is_the_teachers_fault(grade: Grade) -> None:
    head = "import pytest, question1\n"
    for check, says in (
        ("def test_it(ranks): pass", "uses the fixture `ranks` without the mark"),
        ("@pytest.mark.ranks(17)\ndef test_it(ranks): pass", "must be a whole number, 1 to 16"),
        ("@pytest.mark.ranks\ndef test_it(ranks): pass", "without the mark"),
    ):
        report = grade(head + check, APART)
        assert report.verdict is Verdict.ASSIGNMENT_FAULT
        assert says in report.staff_detail
