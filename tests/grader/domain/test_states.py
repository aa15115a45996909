"""The ways of a job, written out."""

from __future__ import annotations

from itertools import product

from grader.domain.states import (
    ACTIVE,
    FINAL,
    LEASE,
    RENEW_EVERY,
    STAFF,
    TRANSITIONS,
    JobState,
    Role,
    may_become,
)


def test_every_transition_there_is() -> None:
    allowed = {
        (old.value, new.value) for old, new in product(JobState, repeat=2) if may_become(old, new)
    }

    assert allowed == {
        ("queued", "running"),
        ("queued", "superseded"),
        ("queued", "fault"),
        ("running", "done"),
        ("running", "rejected"),
        ("running", "fault"),
        ("running", "queued"),
    }


def test_the_final_states_are_those_that_lead_nowhere() -> None:
    assert set(TRANSITIONS) == set(JobState)
    assert {state for state in JobState if not TRANSITIONS[state]} == FINAL
    assert {JobState.QUEUED, JobState.RUNNING} == ACTIVE
    assert set(JobState) == ACTIVE | FINAL


def test_the_lease_outlives_three_failed_renewals() -> None:
    assert LEASE > 3 * RENEW_EVERY


def test_a_student_is_no_staff() -> None:
    assert set(Role) - STAFF == {Role.STUDENT}
