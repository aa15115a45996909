"""The process group of a rank: gloo's, which tells the check what is sent and where it waits."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

HOST = "127.0.0.1"
PATIENCE = dt.timedelta(minutes=5)
"""The check has less of it: it ends a rank that waits in vain."""
FIRST_TAG = 2**20
DIST: Any = dist
"""As `dist`; its type stubs know other signatures than those that it calls itself."""

Tensors = Sequence[torch.Tensor]
Maybe = Sequence[Any]
"""A tensor or None for each rank."""
REDUCTIONS: dict[str, Any] = {
    "SUM": torch.add,
    "AVG": torch.add,
    "PRODUCT": torch.mul,
    "MIN": torch.minimum,
    "MAX": torch.maximum,
    "BAND": torch.bitwise_and,
    "BOR": torch.bitwise_or,
    "BXOR": torch.bitwise_xor,
}


class Posted(DIST.Work):  # type: ignore[misc]
    """An operation on its way: what gloo still does, and what is to do after it."""

    def __init__(self, group: Group, text: str, works: list[Any], finish: Any) -> None:
        super().__init__()
        self._group, self._text, self._works, self._finish = group, text, works, finish

    def wait(self, _timeout: Any = None) -> bool:
        """Wait until it is over, and let the check know."""
        if self._finish is not None:
            self._group.tell("does", f"waits in {self._text}{place()}")
            for work in self._works:
                work.wait()
            self._finish()
            self._finish = None
            self._group.tell("does", "is computing")
        return True

    def is_completed(self) -> bool:
        """Whether gloo is done."""
        return all(work.is_completed() for work in self._works)

    def _source_rank(self) -> int:
        return self._group.source


class Group(DIST.ProcessGroup):  # type: ignore[misc]
    """The default group. Each operation is told to the check and then made of gloo's messages."""

    def __init__(self, rank: int, size: int, store: Any, tell: Callable[..., None]) -> None:
        super().__init__(rank, size)
        self.tell, self.source = tell, -1
        self._rank, self._ranks, self._store = rank, range(size), store
        options = DIST.ProcessGroupGloo._Options()
        options._devices = [DIST.ProcessGroupGloo.create_device(hostname=HOST)]
        options._timeout = PATIENCE
        self._gloo = DIST.ProcessGroupGloo(DIST.PrefixStore("gloo", store), rank, size, options)
        self._numbers: dict[Any, int] = {}

    # The methods that torch.distributed calls

    def send(self, tensors: Tensors, peer: int, tag: int = 0) -> Posted:
        self._check_peer(peer)
        self._posts("send", tensors, (self._rank, peer, tag))
        taken = self._number("taken", self._rank, peer, tag)
        works = [self._gloo.send([plain(tensors[0])], peer, tag)]
        # As on a large machine, a send is over when the other rank has begun to receive.
        finish = partial(self._store.wait, [taken], PATIENCE)
        return Posted(self, f"send to rank {peer}", works, finish)

    def recv(self, tensors: Tensors, peer: int, tag: int = 0) -> Posted:
        self._check_peer(peer)
        self._posts("recv", tensors, (peer, self._rank, tag))
        self._store.set(self._number("taken", peer, self._rank, tag), "yes")
        buffer = plain(tensors[0]).clone()
        works = [self._gloo.recv([buffer], peer, tag)]
        finish = partial(tensors[0].detach().copy_, buffer)
        return Posted(self, f"recv from rank {peer}", works, finish)

    def recv_anysource(self, tensors: Tensors, tag: int = 0) -> Posted:
        self._posts("recv", tensors)
        buffer = plain(tensors[0]).clone()
        work = self._gloo.recv_anysource([buffer], tag)

        def finish() -> None:
            self.source = work._source_rank()
            self._store.set(self._number("taken", self.source, self._rank, tag), "yes")
            tensors[0].detach().copy_(buffer)

        return Posted(self, "recv from any rank", [work], finish)

    def allreduce(self, tensors: Tensors, opts: Any) -> Posted:
        outgoing = [tensors[0] for _ in self._ranks]
        return self._reduced("all_reduce", tensors, outgoing, tensors[0], opts)

    def reduce(self, tensors: Tensors, opts: Any) -> Posted:
        outgoing = self._only(opts.rootRank, tensors[0])
        output = tensors[0] if self._rank == opts.rootRank else None
        return self._reduced("reduce", tensors, outgoing, output, opts)

    def reduce_scatter(self, outputs: Tensors, inputs: Sequence[Tensors], opts: Any) -> Posted:
        return self._reduced("reduce_scatter", inputs[0], inputs[0], outputs[0], opts)

    def reduce_scatter_single(self, output: torch.Tensor, given: torch.Tensor, opts: Any) -> Posted:
        parts = self._parts(given)
        return self._reduced("reduce_scatter_tensor", [given], parts, output, opts)

    def allgather(self, outputs: Sequence[Tensors], inputs: Tensors, _opts: Any = None) -> Posted:
        return self._moved("all_gather", inputs, [inputs[0] for _ in self._ranks], outputs[0])

    def all_gather_single(self, output: torch.Tensor, given: torch.Tensor, _: Any = None) -> Posted:
        outgoing = [given for _ in self._ranks]
        return self._moved("all_gather_into_tensor", [given], outgoing, self._parts(output))

    def gather(self, outputs: Sequence[Tensors], inputs: Tensors, opts: Any) -> Posted:
        outgoing = self._only(opts.rootRank, inputs[0])
        incoming = outputs[0] if self._rank == opts.rootRank else self._only(-1, None)
        return self._moved("gather", inputs, outgoing, incoming)

    def broadcast(self, tensors: Tensors, opts: Any) -> Posted:
        given = tensors if self._rank == opts.rootRank else []
        outgoing = [given[0] if given else None for _ in self._ranks]
        return self._moved("broadcast", given, outgoing, self._only(opts.rootRank, tensors[0]))

    def scatter(self, outputs: Tensors, inputs: Sequence[Tensors], opts: Any) -> Posted:
        given = inputs[0] if self._rank == opts.rootRank else []
        outgoing = given or self._only(-1, None)
        return self._moved("scatter", given, outgoing, self._only(opts.rootRank, outputs[0]))

    def alltoall(self, outputs: Tensors, inputs: Tensors, _opts: Any = None) -> Posted:
        return self._moved("all_to_all", inputs, inputs, outputs)

    def all_to_all_single(
        self, output: torch.Tensor, given: torch.Tensor, into: Any, sizes: Any, _opts: Any = None
    ) -> Posted:
        outgoing, incoming = self._parts(given, sizes), self._parts(output, into)
        return self._moved("all_to_all_single", [given], outgoing, incoming)

    def barrier(self, opts: Any = None) -> Posted:  # noqa: ARG002 - given by name
        token = [torch.zeros(1) for _ in self._ranks]
        return self._moved("barrier", [], token, [one.clone() for one in token])

    # Earlier releases of PyTorch have other names for these.
    _allgather_base, _reduce_scatter_base = all_gather_single, reduce_scatter_single
    alltoall_base = all_to_all_single

    def _moved(self, name: str, given: Tensors, outgoing: Maybe, incoming: Maybe) -> Posted:
        """Every rank gets one of our tensors; theirs go into the `incoming` ones."""

        def finish(buffers: Maybe) -> None:
            for output, buffer in zip(incoming, buffers, strict=True):
                if output is not None:
                    output.detach().copy_(buffer)

        return self._exchanged(name, given, outgoing, incoming, finish)

    def _reduced(
        self, name: str, given: Tensors, outgoing: Maybe, output: torch.Tensor | None, opts: Any
    ) -> Posted:
        """Every rank gets one of our tensors; theirs are combined into `output`."""

        def finish(buffers: Maybe) -> None:
            if output is not None:
                output.detach().copy_(reduce_all(buffers, opts.reduceOp))

        return self._exchanged(name, given, outgoing, [output for _ in self._ranks], finish)

    def _exchanged(
        self, name: str, given: Tensors, outgoing: Maybe, incoming: Maybe, finish: Any
    ) -> Posted:
        self._posts(name, given)
        tag = FIRST_TAG + self._numbers.setdefault("collective", 0)
        self._numbers["collective"] += 1
        buffers = [None if one is None else plain(one).clone() for one in incoming]
        works = []
        for rank in self._ranks:
            out, buffer = outgoing[rank], buffers[rank]
            if rank == self._rank and buffer is not None:
                buffer.copy_(out.detach())
            elif rank != self._rank:
                works += [] if out is None else [self._gloo.send([plain(out)], rank, tag)]
                works += [] if buffer is None else [self._gloo.recv([buffer], rank, tag)]
        return Posted(self, name, works, partial(finish, buffers))

    def _only(self, rank: int, tensor: torch.Tensor | None) -> Maybe:
        return [tensor if one == rank else None for one in self._ranks]

    def _parts(self, tensor: torch.Tensor, sizes: Any = None) -> Tensors:
        """A tensor's parts along its first dimension, one for each rank."""
        size = len(self._ranks)
        if not sizes and tensor.shape[0] % size:
            raise ValueError(f"{tuple(tensor.shape)} cannot be split evenly among {size} ranks")
        parts: Tensors = tensor.detach().split(list(sizes) if sizes else tensor.shape[0] // size)
        return parts

    def _check_peer(self, peer: int) -> None:
        if peer == self._rank:
            raise ValueError("a rank cannot send to itself or receive from itself")
        if peer not in self._ranks:
            raise ValueError(
                f"invalid rank {peer}: the group has the ranks 0 to {len(self._ranks) - 1}"
            )

    def _posts(self, name: str, tensors: Tensors, way: tuple[int, int, int] | None = None) -> None:
        size = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        self.tell("posts", name, place(), size, sum(tensor.numel() for tensor in tensors), way)

    def _number(self, *what: Any) -> str:
        """A name for the next of these messages."""
        self._numbers[what] = self._numbers.get(what, 0) + 1
        return ":".join(map(str, (*what, self._numbers[what])))


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """What gloo takes: the values, without a graph and without gaps."""
    return tensor.detach().contiguous()


def reduce_all(tensors: Maybe, op: Any) -> torch.Tensor:
    """Combine what the ranks gave, in their order."""
    for name, combine in REDUCTIONS.items():
        if op == getattr(dist.ReduceOp, name):
            result: torch.Tensor = reduce(combine, tensors)
            if name != "AVG":
                return result
            whole = not (result.is_floating_point() or result.is_complex())
            return result.div(len(tensors), rounding_mode="trunc" if whole else None)
    raise NotImplementedError("this kind of reduction is not here")


def place() -> str:
    """The innermost line that is running and is neither PyTorch's nor this file's."""
    library = str(Path(torch.__file__).parent)
    frame: Any = sys._getframe(1)
    while frame.f_code.co_filename.startswith((library, __file__, "<frozen")) and frame.f_back:
        frame = frame.f_back
    return f" ({Path(frame.f_code.co_filename).name}, line {frame.f_lineno})"
