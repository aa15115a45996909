"""Learning management systems that launch us by LTI 1.3, and what we know of them.

The shape follows the standard: a platform has deployments, a deployment has contexts (courses), and
a context has resource links (places where a homework was put). Source: IMS LTI 1.3 core, §3.1.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grader.domain.passback import PassbackState
from grader.models.assignment import Assignment
from grader.models.course import Course, Membership
from grader.models.exam import Exam
from grader.models.submission import Submission

DIALECTS = [("canvas", "Canvas"), ("moodle", "Moodle"), ("plain", "the standard alone")]


class LtiPlatform(models.Model):
    """A platform, as it was registered: one client id at one issuer."""

    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=255)
    client_id = models.CharField(max_length=255)
    auth_url = models.URLField(max_length=500)
    """Where a login is sent to."""
    token_url = models.URLField(max_length=500)
    jwks_url = models.URLField(max_length=500)
    token_audience = models.CharField(max_length=500, blank=True)
    """What `aud` says when a token is asked for; empty is the token's address."""
    dialect = models.CharField(max_length=16, choices=DIALECTS, default="plain")
    """Whose ways beyond the standard it has."""
    frame_origins = models.JSONField(default=list, blank=True)
    """Where it shows us within its own pages, beside its issuer's origin; we let nobody else."""
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[LtiPlatform]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="lti_platform_once")
        ]

    def __str__(self) -> str:
        return self.name


class LtiDeployment(models.Model):
    """One installation of the tool within a platform. Only known ones may launch."""

    platform = models.ForeignKey(LtiPlatform, models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(max_length=255)

    objects: models.Manager[LtiDeployment]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["platform", "deployment_id"], name="lti_deployment_once"
            )
        ]

    def __str__(self) -> str:
        return self.deployment_id


class LtiKey(models.Model):
    """A key pair of ours. The newest signs; older ones are published until they retire."""

    kid = models.CharField(max_length=64, unique=True)
    sealed = models.TextField()
    """The private key, encrypted by a key that is derived from the site's secret."""
    created_at = models.DateTimeField(db_default=Now())
    retires_at = models.DateTimeField(null=True, blank=True)

    objects: models.Manager[LtiKey]

    def __str__(self) -> str:
        return self.kid


class LtiLogin(models.Model):
    """A login that a platform began: its state and nonce are good for one launch."""

    state = models.CharField(max_length=64, unique=True)
    nonce = models.CharField(max_length=64, unique=True)
    platform = models.ForeignKey(LtiPlatform, models.CASCADE)
    asked = models.JSONField(default=dict)
    """What the platform began it with, so that it can be begun anew in a window of its own."""
    launch = models.JSONField(null=True, blank=True)
    """What the launch said, once it was checked; null before."""
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)

    objects: models.Manager[LtiLogin]

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return self.state


class LtiInvitation(models.Model):
    """That a platform may register itself, once."""

    digest = models.CharField(max_length=64, unique=True)
    """The sha256 of the word in the address that was given away."""
    name = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    platform = models.ForeignKey(LtiPlatform, models.SET_NULL, null=True, blank=True)

    objects: models.Manager[LtiInvitation]

    def __str__(self) -> str:
        return self.name or self.digest[:8]


class LtiContext(models.Model):
    """A platform's course, and the course here that it is."""

    deployment = models.ForeignKey(LtiDeployment, models.CASCADE, related_name="contexts")
    context_id = models.CharField(max_length=255)
    title = models.CharField(max_length=500, blank=True)
    course = models.ForeignKey(
        Course, models.CASCADE, null=True, blank=True, related_name="lti_contexts"
    )
    """Null until staff of the course have said which one it is."""
    line_items_url = models.URLField(max_length=1000, blank=True)
    memberships_url = models.URLField(max_length=1000, blank=True)
    scopes = models.JSONField(default=list)
    """What the platform lets us do with its grades, as the last launch said."""

    objects: models.Manager[LtiContext]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["deployment", "context_id"], name="lti_context_once")
        ]

    def __str__(self) -> str:
        return self.title or self.context_id


class LtiLink(models.Model):
    """A place in a platform's course that leads to a homework."""

    context = models.ForeignKey(LtiContext, models.CASCADE, related_name="links")
    resource_link_id = models.CharField(max_length=255)
    assignment = models.ForeignKey(
        Assignment, models.CASCADE, null=True, blank=True, related_name="lti_links"
    )
    """Null leads to the course."""

    objects: models.Manager[LtiLink]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["context", "resource_link_id"], name="lti_link_once")
        ]

    def __str__(self) -> str:
        return self.resource_link_id


class LtiAccount(models.Model):
    """Who a platform's user is here. Linked by signing in or by the roster, never by an address."""

    platform = models.ForeignKey(LtiPlatform, models.CASCADE, related_name="accounts")
    subject = models.CharField(max_length=255)
    """The platform's `sub`."""
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="lti_accounts")
    linked_at = models.DateTimeField(db_default=Now())

    objects: models.Manager[LtiAccount]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["platform", "subject"], name="lti_account_once")
        ]

    def __str__(self) -> str:
        return self.subject


class LineItem(models.Model):
    """A column of a platform's gradebook that a homework or an exam is sent to."""

    context = models.ForeignKey(LtiContext, models.CASCADE, related_name="line_items")
    assignment = models.ForeignKey(
        Assignment, models.CASCADE, null=True, blank=True, related_name="line_items"
    )
    exam = models.ForeignKey(Exam, models.CASCADE, null=True, blank=True, related_name="line_items")
    url = models.URLField(max_length=1000)
    gone_at = models.DateTimeField(null=True, blank=True)
    """When the platform said that it has no such column any more."""

    objects: models.Manager[LineItem]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["context", "url"], name="line_item_once"),
            models.CheckConstraint(
                name="line_item_of_one_column",
                condition=Q(assignment__isnull=True, exam__isnull=False)
                | Q(assignment__isnull=False, exam__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.url


class Passback(models.Model):
    """The outbox: that a student's grade in a column is to be sent, and what became of it.

    A grade that is other than what was last sent makes a new row with the next version. At most one
    of a student and a column waits, and is sent with the grade as it then is.
    """

    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="passbacks")
    student = models.ForeignKey(Membership, models.PROTECT, related_name="passbacks")
    version = models.PositiveIntegerField()
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value) for state in PassbackState],
        default=PassbackState.WAITING.value,
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    """Counted when a sender takes it; who finds another number holds the lease no more."""
    created_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(null=True, blank=True)
    """Not before then; null is at once."""
    held_until = models.DateTimeField(null=True, blank=True)
    """Somebody is sending it, and has until then."""
    sent_at = models.DateTimeField(null=True, blank=True)
    timestamp = models.DateTimeField(null=True, blank=True)
    """The one that the platform took; later scores must be later."""
    points = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    possible = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    comment = models.TextField(blank=True)
    submission = models.ForeignKey(
        Submission, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """The one whose points these are; some platforms count how often work was handed in."""
    answer = models.TextField(blank=True)
    """What the platform said that was no success, for staff."""
    found = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    """What the platform held when it was last asked, of `possible`; null was nothing."""
    found_at = models.DateTimeField(null=True, blank=True)

    objects: models.Manager[Passback]

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["state", "next_at"])]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["line_item", "student", "version"], name="passback_once_for_each_version"
            ),
            # So two senders never have a score of the same student for the same column.
            models.UniqueConstraint(
                fields=["line_item", "student"],
                condition=Q(state=PassbackState.WAITING.value),
                name="passback_waits_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} to {self.line_item_id}, version {self.version}"
