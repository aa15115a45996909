"""The tables. Each file is one noun of the road; constraints in the database carry the invariants.

Who writes which table is told in `grader/README.md`; a test holds the code to it.
"""

from grader.models.api_token import ApiToken
from grader.models.assignment import Assignment, AssignmentVersion
from grader.models.audit import AuditEntry
from grader.models.course import Course, Extension, Membership, Section
from grader.models.draft import ImportDraft
from grader.models.exam import Exam, ExamScore
from grader.models.grade import GradeEntry
from grader.models.heartbeat import Heartbeat
from grader.models.job import GradingJob
from grader.models.lti import (
    LineItem,
    LtiAccount,
    LtiContext,
    LtiDeployment,
    LtiInvitation,
    LtiKey,
    LtiLink,
    LtiLogin,
    LtiPlatform,
    Passback,
)
from grader.models.message import Message
from grader.models.override import Override
from grader.models.regrade import Regrade
from grader.models.result import CheckResult
from grader.models.score import Score
from grader.models.slip import SlipDays
from grader.models.submission import Submission, SubmissionFile
from grader.models.user import User

__all__ = [
    "ApiToken",
    "Assignment",
    "AssignmentVersion",
    "AuditEntry",
    "CheckResult",
    "Course",
    "Exam",
    "ExamScore",
    "Extension",
    "GradeEntry",
    "GradingJob",
    "Heartbeat",
    "ImportDraft",
    "LineItem",
    "LtiAccount",
    "LtiContext",
    "LtiDeployment",
    "LtiInvitation",
    "LtiKey",
    "LtiLink",
    "LtiLogin",
    "LtiPlatform",
    "Membership",
    "Message",
    "Override",
    "Passback",
    "Regrade",
    "Score",
    "Section",
    "SlipDays",
    "Submission",
    "SubmissionFile",
    "User",
]
