"""Answers with files of torch.save, whose loading unpickles."""

import io

import honest
import torch
from channel import answer, frame, raw, wait
from wrong import *  # noqa: F403


class Bomb:
    def __reduce__(self):
        return eval, ("__import__('os').system('touch /tmp/sandglass-hostile-canary') or 0",)


def saved(value, zipped=True):
    file = io.BytesIO()
    torch.save([value, Bomb()], file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def softmax(x):
    raw(saved(honest.softmax(x)))
    wait()


def moving_average(values, width):
    frame(saved(honest.moving_average(values, width), zipped=False))
    wait()


def mean_square(values):
    frame(answer(saved(honest.mean_square(values))))
    wait()


def count_inversions(values):
    data = saved(honest.count_inversions(values))
    frame(answer(b"b" + len(data).to_bytes(8, "big") + data))
    wait()


def slug(text):
    return io.BytesIO(saved(honest.slug(text)))


def most_common(words, k):
    return torch.nn.ParameterList([torch.nn.Parameter(torch.zeros(1))])


class Tracker(torch.nn.Module):
    def update(self, x):
        pass

    def mean(self):
        return torch.zeros(1, device="meta")


def iterate(step, start, times):
    return torch.quantize_per_tensor(torch.ones(1), 1.0, 0, torch.qint8)
