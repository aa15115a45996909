"""`torch.distributed` inside a rank: a process group whose network is the judge.

Student code uses the library as it always does. What it sends becomes a request to the judge; the
judge pairs, computes and counts. Nothing here has to be believed: a rank that patches it can only
send other requests than an honest one.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import torch
import torch.distributed as dist

from runners.wire.errors import EncodeError

_DIST: Any = dist
"""As `dist`; its type stubs know other signatures than those that it calls itself."""
_BACKEND = "sandglass"
_REDUCTIONS = ("SUM", "AVG", "PRODUCT", "MIN", "MAX", "BAND", "BOR", "BXOR")
_ERRORS: dict[str, type[Exception]] = {"ValueError": ValueError}

Ask = Callable[..., Any]
Tensors = Sequence[torch.Tensor]


class Posted(_DIST.Work):  # type: ignore[misc]
    """An operation that the judge knows of. `wait` asks for its outcome, once."""

    def __init__(self, ask: Ask, ticket: int, outputs: Tensors) -> None:
        super().__init__()
        self._ask = ask
        self._ticket = ticket
        self._outputs = outputs
        self._done = False
        self._source = -1

    def wait(self, _timeout: Any = None) -> bool:
        """Wait until it is over; then the tensors hold what came."""
        if not self._done:
            self._done = True
            tensors, self._source = self._ask("wait", self._ticket)
            for output, tensor in zip(self._outputs, tensors, strict=True):
                _fill(output, tensor)
        return True

    def is_completed(self) -> bool:
        """Whether `wait` would return at once."""
        return self._done or self._ask("test", self._ticket) is True

    def is_success(self) -> bool:
        """A failure has been raised already."""
        return self.is_completed()

    def _source_rank(self) -> int:
        return self._source


class JudgeGroup(_DIST.ProcessGroup):  # type: ignore[misc]
    """The default group. The methods are those that `torch.distributed` calls."""

    def __init__(self, rank: int, size: int, ask: Ask) -> None:
        super().__init__(rank, size)
        self._rank = rank
        self._size = size
        self._ask = ask

    def getBackendName(self) -> str:  # noqa: N802 - PyTorch's name
        """The name that `dist.get_backend` gives."""
        return _BACKEND

    def send(self, tensors: Tensors, peer: int, tag: int = 0) -> Posted:
        """`send`, `isend`."""
        return self._post([], "send", _plain(tensors[0]), peer, tag)

    def recv(self, tensors: Tensors, peer: int, tag: int = 0) -> Posted:
        """`recv`, `irecv`."""
        return self._post(tensors, "recv", peer, tag)

    def recv_anysource(self, tensors: Tensors, tag: int = 0) -> Posted:
        """`recv` from whoever sends."""
        return self._post(tensors, "recv", None, tag)

    def allreduce(self, tensors: Tensors, opts: Any) -> Posted:
        """`all_reduce`."""
        return self._collective("all_reduce", tensors, tensors, _reduction(opts))

    def reduce(self, tensors: Tensors, opts: Any) -> Posted:
        """`reduce`."""
        outputs = tensors if self._rank == opts.rootRank else []
        return self._collective("reduce", tensors, outputs, _reduction(opts), opts.rootRank)

    def broadcast(self, tensors: Tensors, opts: Any) -> Posted:
        """`broadcast`."""
        given = tensors if self._rank == opts.rootRank else []
        return self._collective("broadcast", given, tensors, root=opts.rootRank)

    def allgather(self, outputs: Sequence[Tensors], inputs: Tensors, _opts: Any = None) -> Posted:
        """`all_gather`."""
        self._one_for_each_rank(outputs[0], "tensor_list")
        return self._collective("all_gather", inputs, outputs[0])

    def all_gather_single(
        self, output: torch.Tensor, given: torch.Tensor, _opts: Any = None
    ) -> Posted:
        """`all_gather_into_tensor`."""
        return self._collective("all_gather_into_tensor", [given], self._parts(output))

    def gather(self, outputs: Sequence[Tensors], inputs: Tensors, opts: Any) -> Posted:
        """`gather`."""
        wanted = outputs[0] if self._rank == opts.rootRank else []
        return self._collective("gather", inputs, wanted, root=opts.rootRank)

    def scatter(self, outputs: Tensors, inputs: Sequence[Tensors], opts: Any) -> Posted:
        """`scatter`."""
        given = inputs[0] if self._rank == opts.rootRank else []
        if self._rank == opts.rootRank:
            self._one_for_each_rank(given, "scatter_list")
        return self._collective("scatter", given, outputs, root=opts.rootRank)

    def reduce_scatter(self, outputs: Tensors, inputs: Sequence[Tensors], opts: Any) -> Posted:
        """`reduce_scatter`."""
        self._one_for_each_rank(inputs[0], "input_list")
        return self._collective("reduce_scatter", inputs[0], outputs, _reduction(opts))

    def reduce_scatter_single(self, output: torch.Tensor, given: torch.Tensor, opts: Any) -> Posted:
        """`reduce_scatter_tensor`."""
        parts = self._parts(given)
        return self._collective("reduce_scatter_tensor", parts, [output], _reduction(opts))

    def alltoall(self, outputs: Tensors, inputs: Tensors, _opts: Any = None) -> Posted:
        """`all_to_all`."""
        self._one_for_each_rank(inputs, "input_tensor_list")
        self._one_for_each_rank(outputs, "output_tensor_list")
        return self._collective("all_to_all", inputs, outputs)

    def all_to_all_single(
        self,
        output: torch.Tensor,
        given: torch.Tensor,
        output_sizes: Sequence[int] | None,
        input_sizes: Sequence[int] | None,
        _opts: Any = None,
    ) -> Posted:
        """`all_to_all_single`."""
        inputs, outputs = self._parts(given, input_sizes), self._parts(output, output_sizes)
        return self._collective("all_to_all_single", inputs, outputs)

    def barrier(self, _opts: Any = None, **_named: Any) -> Posted:
        """`barrier`."""
        return self._collective("barrier", [], [])

    def _collective(
        self, name: str, given: Tensors, outputs: Tensors, reduction: str = "", root: int = -1
    ) -> Posted:
        pieces = [_plain(tensor) for tensor in given]
        return self._post(outputs, "collective", name, pieces, reduction, root)

    def _post(self, outputs: Tensors, *request: Any) -> Posted:
        return Posted(self._ask, self._ask(*request), outputs)

    def _parts(self, tensor: torch.Tensor, sizes: Sequence[int] | None = None) -> Tensors:
        """A tensor's parts along its first dimension, one for each rank."""
        length = tensor.shape[0] if tensor.ndim else 0
        if sizes:
            self._one_for_each_rank(sizes, "split sizes")
            if sum(sizes) != length:
                raise ValueError("the split sizes do not add up to the tensor's first dimension")
            return list(tensor.detach().split(list(sizes)))
        if length % self._size or not length:
            raise ValueError(
                f"the first dimension of {tuple(tensor.shape)} cannot be split evenly "
                f"among {self._size} ranks"
            )
        return list(tensor.detach().split(length // self._size))

    def _one_for_each_rank(self, given: Sequence[Any], what: str) -> None:
        if len(given) != self._size:
            raise ValueError(f"{what} holds {len(given)} entries for {self._size} ranks")


def join_ranks(rank: int, size: int, ask: Ask, origins: frozenset[str]) -> None:
    """Make this process a rank; `origins` are the names of the submission's files."""
    lock = threading.Lock()

    def asking(verb: str, *rest: Any) -> Any:
        with lock:  # one question at a time, also where the submission has threads
            try:
                answer = ask(verb, _place(origins), *rest)
            except EncodeError as error:
                raise ValueError(f"this tensor cannot be sent: {error}") from None
        match answer:
            case ("error", str(kind), str(text)):
                raise _ERRORS.get(kind, RuntimeError)(text)
            case ("done", tensors, source):
                return tensors, source
        return answer

    def make_group(_store: Any, of_rank: int, of_size: int, _timeout: Any) -> JudgeGroup:
        if dist.is_initialized():
            _refuse_groups()
        return JudgeGroup(of_rank, of_size, asking)

    dist.Backend.register_backend(_BACKEND, make_group, devices=["cpu"])
    dist.init_process_group(_BACKEND, rank=rank, world_size=size, store=_DIST.HashStore())


def _refuse_groups() -> NoReturn:
    raise NotImplementedError("only the default group is here")


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """What is sent: the values, without a graph."""
    return tensor.detach().as_subclass(torch.Tensor)


def _fill(output: torch.Tensor, tensor: torch.Tensor) -> None:
    if output.dtype != tensor.dtype or output.numel() != tensor.numel():
        raise RuntimeError(
            f"the message is {_size_of(tensor)}, the tensor for it {_size_of(output)}"
        )
    with torch.no_grad():
        output.detach().copy_(tensor.reshape(output.shape))


def _size_of(tensor: torch.Tensor) -> str:
    return f"{tensor.numel()} elements of {str(tensor.dtype).removeprefix('torch.')}"


def _reduction(opts: Any) -> str:
    for name in _REDUCTIONS:
        if opts.reduceOp == getattr(dist.ReduceOp, name):
            return name
    raise NotImplementedError("this kind of reduction is not here")


def _place(origins: frozenset[str]) -> tuple[str, int] | None:
    """The innermost line of the submission that is running."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 - the public way builds the whole stack
    while frame is not None and frame.f_code.co_filename not in origins:
        frame = frame.f_back
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)
