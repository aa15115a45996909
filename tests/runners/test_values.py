"""What a suite may do with a submission, and what an object of the submission can never do."""

from __future__ import annotations

import pytest

from tests.runners.conftest import Grade, messages, outcomes

LIARS = """
    import numpy as np
    import torch

    class Always:
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __bool__(self): return True
        def __lt__(self, other): return True
        __gt__ = __le__ = __ge__ = __lt__
        def __float__(self): return 7.0
        def __sub__(self, other): return 0.0
        def __abs__(self): return 0.0
        def __array__(self, *a, **k): return np.ones(3)
        def __repr__(self): return "tensor([1., 1., 1.])"
        def __len__(self): return 3
        def __contains__(self, item): return True
        @property
        def __class__(self): return torch.Tensor

    class Near(float):
        def __sub__(self, other): return 0.0
        __rsub__ = __sub__
        def __abs__(self): return 0.0
        def __lt__(self, other): return True

    class Evil(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None): return True

    def always(): return Always()
    def near(): return Near(3.0)
    def evil(): return torch.zeros(3).as_subclass(Evil)
"""


@pytest.mark.parametrize(
    "claim",
    [
        "question1.always() == 7",
        "7 == question1.always()",
        "not (question1.always() != 7)",
        "question1.always()",
        "float(question1.always()) == 7.0",
        "question1.always() > 3",
        "abs(question1.near() - 7) < 1e-6",
        "abs(question1.always() - 7) < 1e-6",
        "question1.near() == pytest.approx(7)",
        "torch.allclose(question1.evil(), torch.ones(3))",
        "torch.equal(question1.evil(), torch.ones(3))",
        "torch.testing.assert_close(question1.evil(), torch.ones(3)) is None",
        "np.allclose(question1.always(), np.ones(3))",
        "isinstance(question1.always(), torch.Tensor)",
        "repr(question1.always()).startswith('tensor')",
        "math.isclose(question1.near(), 7)",
    ],
)
def test_no_object_of_the_submission_makes_a_check_pass(grade: Grade, claim: str) -> None:
    check = f"""
        import math
        import numpy as np, pytest, torch
        import question1

        def test_it():
            assert {claim}
    """
    assert outcomes(grade(check, LIARS))["test_it"] in ("failed", "error")


def test_operators_give_objects_and_never_values(grade: Grade) -> None:
    check = """
        import pytest
        from question1 import Dual

        def test_objects():
            total = Dual(2.0, 1.0) * Dual(3.0, 0.0) + 1
            assert (total.real, total.dual) == (7.0, 3.0)
            assert (1 + Dual(1.0, 0.0)).real == 2.0
            assert (-Dual(1.0, 0.5)).dual == -0.5

        def test_values_stay_boxed():
            claimed = Dual(1.0, 0.0) @ 3
            assert not (claimed == 42) and claimed != 42
            for use in (float, bool, int, lambda c: c < 43):
                with pytest.raises(TypeError):
                    use(claimed)
    """
    source = """
        class Dual:
            def __init__(self, real, dual): self.real, self.dual = real, dual
            def __add__(self, o):
                o = o if isinstance(o, Dual) else Dual(o, 0.0)
                return Dual(self.real + o.real, self.dual + o.dual)
            __radd__ = __add__
            def __mul__(self, o):
                dual = self.real * o.dual + self.dual * o.real
                return Dual(self.real * o.real, dual)
            def __neg__(self): return Dual(-self.real, -self.dual)
            def __matmul__(self, o): return 42
    """
    assert set(outcomes(grade(check, source)).values()) == {"passed"}


def test_in_place_changes_come_back_into_the_same_objects(grade: Grade) -> None:
    check = """
        import numpy as np, torch
        from question1 import sort, fill, nest, double, same, grow

        def test_list():
            a = [3, 1, 2]; b = a
            assert sort(a) is None
            assert b == [1, 2, 3]

        def test_tensor_and_array():
            t, n = torch.zeros(3), np.zeros(3)
            view = t[1:]
            fill(t); fill(n)
            assert view.tolist() == [1.0, 1.0] and n.tolist() == [1.0] * 3

        def test_nested():
            inner = [1]; d = {"a": inner, "t": torch.zeros(2)}; t = d["t"]
            nest(d)
            assert inner == [1, 2] and d["a"] is inner and t.tolist() == [5.0, 0.0] and d["b"] == 3

        def test_the_argument_itself_comes_back():
            x, l = torch.ones(2), [1]
            assert same(x) is x and same(l) is l
            assert double(x) is x and x.tolist() == [2.0, 2.0]

        def test_an_unchanged_argument_stays():
            x = torch.ones(2)
            version = x._version
            same([x])
            assert x._version == version

        def test_set():
            s = {1}
            grow(s)
            assert s == {1, 2}
    """
    source = """
        def sort(a): a.sort()
        def fill(a): a[:] = 1
        def nest(d): d["a"].append(2); d["t"][0] = 5; d["b"] = 3
        def double(x): x.mul_(2); return x
        def same(x): return x
        def grow(s): s.add(2)
    """
    assert set(outcomes(grade(check, source)).values()) == {"passed"}


def test_gradients_cross_the_wire(grade: Grade) -> None:
    check = """
        import pytest, torch
        import question1
        from question1 import cube, Net, detached, two, step

        def test_input_gradient():
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            cube(x).sum().backward()
            assert x.grad.tolist() == [3.0, 12.0]

        def test_through_judge_and_guest_and_back():
            x = torch.tensor(2.0, requires_grad=True)
            y = cube(cube(x * 1) + 1)
            y.backward()
            reference = torch.tensor(2.0, requires_grad=True)
            (((reference ** 3) + 1) ** 3).backward()
            assert x.grad == reference.grad

        def test_gradcheck():
            x = torch.randn(4, dtype=torch.float64, requires_grad=True)
            assert torch.autograd.gradcheck(cube, (x,))

        def test_jacobian():
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            j = torch.autograd.functional.jacobian(cube, x)
            assert j.tolist() == [[3.0, 0.0], [0.0, 12.0]]

        def test_same_tensor_twice():
            x = torch.tensor(3.0, requires_grad=True)
            two(x, x).backward()
            assert x.grad == 6.0

        def test_parameters():
            net = Net()
            params = list(net.parameters())
            net(torch.ones(1, 2)).sum().backward()
            assert net.weight.grad.tolist() == [1.0, 1.0]
            assert params[0].grad.tolist() == [1.0, 1.0]

        def test_detached_result_has_no_graph():
            x = torch.ones(2, requires_grad=True)
            assert not detached(x).requires_grad

        def test_no_grad_is_followed():
            with torch.no_grad():
                assert not Net()(torch.ones(1, 2)).requires_grad

        def test_judge_loss_is_differentiable_in_the_guest():
            own = lambda p, y: ((p - y) ** 2).mean()
            assert step(own, torch.nn.functional.mse_loss) == (8.0, 8.0)

        def test_second_order_is_refused():
            x = torch.tensor(2.0, requires_grad=True)
            (g,) = torch.autograd.grad(cube(x), x, create_graph=True)
            with pytest.raises(RuntimeError):
                torch.autograd.grad(g, x)
    """
    source = """
        import torch
        def cube(x): return x ** 3
        def two(a, b): return a * b
        def detached(x): return x.detach() * 2
        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.ones(2))
            def forward(self, x): return x @ self.weight
        def step(*losses):
            grads = []
            for loss in losses:
                w = torch.tensor([3.0], requires_grad=True)
                loss(w * 1, torch.tensor([-1.0])).backward()
                grads.append(w.grad.item())
            return tuple(grads)
    """
    seen = grade(check, source)
    assert set(outcomes(seen).values()) == {"passed"}, messages(seen)


def test_callbacks_and_exceptions(grade: Grade) -> None:
    check = """
        import pytest
        import question1
        from question1 import apply, ShapeError, fail, swallow, deep, gen, leave

        def test_function_argument():
            assert apply(lambda a, *, b: a + b, 2) == 5

        def test_callback_may_call_back():
            assert deep(question1.deep_step, lambda x: question1.deep_step(x), 3) == 5

        def test_own_exception():
            with pytest.raises(ShapeError, match="three"):
                fail("three")
            with pytest.raises(ValueError):
                fail("three")

        def test_swallowed_assertion_still_fails():
            def check(x):
                assert x == 2, "must be two"
            swallow(check)

        def test_generator():
            g = gen(3)
            assert next(g) == 0
            assert list(g) == [1, 2]
            with pytest.raises(StopIteration):
                next(g)

        def test_system_exit():
            with pytest.raises(SystemExit):
                leave()
    """
    source = """
        class ShapeError(ValueError): pass
        def apply(f, x): return f(x, b=3)
        def fail(text): raise ShapeError(text)
        def swallow(f):
            try: f(1)
            except BaseException: pass
        def deep_step(x): return x + 1
        def deep(f, g, x): return g(f(x))
        def gen(n): yield from range(n)
        def leave(): raise SystemExit(3)
    """
    seen = grade(check, source)
    expected = dict.fromkeys(outcomes(seen), "passed")
    assert outcomes(seen) == {**expected, "test_swallowed_assertion_still_fails": "failed"}, (
        messages(seen)
    )
