"""What goes wrong in the grader, by whose doing.

GraderError
├── NotYours        the reader may not see it; told apart from "does not exist" by nobody
├── OverrideRefused the instructor's: a decision about a grade, with a sentence for each part
├── TableUnreadable the sender's: a table that cannot be read or used, with all that is wrong
├── PeopleRefused   a person or section that cannot be so, with a sentence for who wanted it
├── DraftSpent      a table that was sent in has been applied already, or was removed meanwhile
├── DraftOutdated   what it would do is no longer what was shown: look again
├── RegradeRefused  staff's: a regrade that cannot be started or decided, and why
├── RuleRefused     an extension, slip days or a rule that cannot be as somebody wants it
└── UploadRefused   the student's: the upload cannot be taken, and says why and what to do
    └── AnswersUnreadable   typed answers that cannot be read, with a sentence for each
"""

from __future__ import annotations

from collections.abc import Mapping


class GraderError(Exception):
    """Anything that this room refuses."""


class NotYours(GraderError):  # noqa: N818 - what happened, not which code
    """There is no such thing, or not for this reader. The two are never told apart."""


class OverrideRefused(GraderError):  # noqa: N818 - what happened, not which code
    """A decision about a grade that cannot be taken: a sentence for each part that is wrong."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self.sentences = dict(sentences)
        super().__init__(" ".join(sentences.values()))


class RegradeRefused(GraderError):  # noqa: N818 - what happened, not which code
    """A regrade that cannot be started, repeated or decided now; says why and what to do."""


class TableUnreadable(GraderError):  # noqa: N818 - what happened, not which code
    """A table that cannot be read, or not as what it was sent for: a sentence for each reason."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__(" ".join(faults))


class PeopleRefused(GraderError):  # noqa: N818 - what happened, not which code
    """A change of a course's people that cannot be; the message is a sentence.

    field: what of the person it is about, as a form names it
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


class DraftSpent(GraderError):  # noqa: N818 - what happened, not which code
    """There is nothing left to apply; the message is a sentence for the person."""


class DraftOutdated(GraderError):  # noqa: N818 - what happened, not which code
    """Something has changed since the preview was shown; nothing was applied."""


class RuleRefused(GraderError):  # noqa: N818 - what happened, not which code
    """A change of the rules that cannot be made; the message is a sentence for the person."""


class UploadRefused(GraderError):  # noqa: N818 - what happened, not which code
    """An upload that cannot be taken; the message is a sentence for the student."""


class AnswersUnreadable(UploadRefused):
    """Answers that were typed on the page and cannot be read: a sentence by question."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self.sentences = dict(sentences)
        which, it = ("One answer", "it") if len(sentences) == 1 else ("Some answers", "them")
        super().__init__(
            f"{which} cannot be read, so nothing was handed in yet: write {it} as is said beside "
            f"{it}, or leave {it} empty."
        )
