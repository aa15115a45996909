"""The tables. Each file is one noun of the road; constraints in the database carry the invariants.

Who writes which table is told in `grader/README.md`; a test holds the code to it.
"""

from grader.models.assignment import Assignment, AssignmentVersion
from grader.models.audit import AuditEntry
from grader.models.course import Course, Extension, Membership, Section
from grader.models.grade import GradeEntry
from grader.models.heartbeat import Heartbeat
from grader.models.job import GradingJob
from grader.models.result import CheckResult
from grader.models.score import Score
from grader.models.submission import Submission, SubmissionFile
from grader.models.user import User

__all__ = [
    "Assignment",
    "AssignmentVersion",
    "AuditEntry",
    "CheckResult",
    "Course",
    "Extension",
    "GradeEntry",
    "GradingJob",
    "Heartbeat",
    "Membership",
    "Score",
    "Section",
    "Submission",
    "SubmissionFile",
    "User",
]
