"""The command `mutate`: whether the hidden checks see small mistakes that nobody thought of."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from assignments.commands.check import print_progress
from assignments.commands.sandboxed import grading
from assignments.errors import AssignmentInvalid
from assignments.loader import SURVIVORS, load_assignment, solution_files
from assignments.mutation.campaign import (
    Campaign,
    CampaignBroken,
    Examiner,
    chosen,
    concluded,
)
from assignments.mutation.candidates import candidates
from assignments.mutation.record import write_record
from assignments.mutation.survivors import ALLOWED, EQUIVALENT, entry_text, read_survivors
from assignments.proof import GateRun
from assignments.spec import AssignmentSpec
from runners.contract import Limits, RunRequest
from runners.sandboxes.base import SandboxError

OK, BROKEN = 0, 1
_PATIENCE = 10.0
"""A mutation may take so many times what the solution takes before it counts as one that hangs."""
_LEAST_SECONDS = 5.0


def mutate(folders: Sequence[Path], options: argparse.Namespace) -> int:
    """Run mutations of each homework; the exit code."""
    code = OK
    for folder in folders:
        try:
            spec = load_assignment(folder)
            campaign = _campaign(folder, spec, options)
        except (AssignmentInvalid, CampaignBroken, SandboxError) as error:
            print(f"{folder.name}: {error}", file=sys.stderr)
            code = BROKEN
            continue
        _print(spec, campaign, solution_files(folder, spec))
        if options.record:
            write_record(folder, spec, campaign)
        if campaign.share < options.least or campaign.stale:
            code = BROKEN
    return code


def _campaign(folder: Path, spec: AssignmentSpec, options: argparse.Namespace) -> Campaign:
    survivors = read_survivors(folder)
    solution = solution_files(folder, spec)
    named = [m for m in candidates(solution) if fnmatchcase(m.file, options.only)]
    picked = chosen(named, options.sample, options.seed)
    pace = _Pace(options.seed)
    opened = grading(
        folder,
        spec,
        options.sandbox,
        device=options.device,
        jobs=options.jobs,
        adjust=pace.adjust,
    )
    with opened as grade:
        examiner = Examiner(folder, spec, grade)
        pace.learn(examiner.reference())
        judged = examiner.judge(picked, options.jobs, print_progress)
    return concluded(judged, survivors, solution)


class _Pace:
    """Requests of a campaign: one seed for all, an end at the first failure, little patience."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._check_seconds = self._load_seconds = float("inf")

    def learn(self, reference: GateRun) -> None:
        """See how long the solution takes."""
        slowest = max((taken for taken, _ in reference.seconds.values()), default=0.0)
        self._check_seconds = max(_LEAST_SECONDS, _PATIENCE * slowest)
        loading, _ = reference.spans["loading"]
        self._load_seconds = max(_LEAST_SECONDS, _PATIENCE * loading)

    def adjust(self, request: RunRequest) -> RunRequest:
        """Fit a request to it."""
        own = request.limits
        limits: Limits = replace(
            own,
            load_seconds=min(own.load_seconds, self._load_seconds),
            check_seconds=min(own.check_seconds, self._check_seconds),
            call_seconds=min(own.call_seconds, self._check_seconds),
        )
        return replace(request, seed=self._seed, limits=limits, stop_at_failure=True, own=True)


def _print(spec: AssignmentSpec, campaign: Campaign, solution: Mapping[str, bytes]) -> None:
    for one in campaign.survivors():
        print(one.mutation.diff(solution[one.mutation.file]))
    if campaign.survivors():
        print(f"# Write a check that sees them, or say in {SURVIVORS} why not:\n")
        for one in campaign.survivors():
            print(entry_text(one.mutation, solution[one.mutation.file]))
    for why in (EQUIVALENT, ALLOWED):
        for one in campaign.survivors(why):
            print(f"{why}: {one.mutation.id}: {campaign.explained[one.mutation].reason}")
    for entry in campaign.stale:
        place = f"{entry.file}: {entry.line!r} to {entry.becomes!r}"
        print(f"stale: {place}: no mutation, or one that is seen", file=sys.stderr)
    by_time = sum(one.by_time for one in campaign.judged)
    print(
        f"{spec.slug}: {len(campaign.judged)} mutations: {len(campaign.killed)} killed by the "
        f"hidden suite ({by_time} by a time limit), {len(campaign.survivors(EQUIVALENT))} "
        f"equivalent, {len(campaign.survivors(ALLOWED))} allowed, {len(campaign.survivors())} "
        f"survive: {campaign.share:.1f} % killed"
    )
