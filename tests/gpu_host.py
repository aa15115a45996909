"""A homework that asks for a GPU, and a machine that seems to have one."""

from __future__ import annotations

import os
from pathlib import Path

from tests.assignments.homework import DECLARATION, write_homework

UUID = "GPU-11111111-0000-0000-0000-000000000000"


def homework_with_gpu(folder: Path, without_gpu: str) -> Path:
    """The small homework, which asks for a GPU; what happens without one is given."""
    resources = f'\n[resources]\ngpus = 1\nwithout_gpu = "{without_gpu}"\n'
    return write_homework(folder, {"assignment.toml": DECLARATION + resources})


def path_with_gpu(folder: Path) -> str:
    """A value for PATH by which `nvidia-smi` tells of one GPU."""
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho '{UUID}, NVIDIA H200, 580.65'\n")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
