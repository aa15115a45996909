"""Why a login, a launch or a registration is refused: a word for the log, a sentence for people."""

from __future__ import annotations

from grader.errors import GraderError

AGAIN = (
    "Go back to your course in the learning management system and open the link there once more."
)
_TELL = "If it happens again, tell the course's staff, with the number below."
SENTENCES = {
    # The way of a person: something to be done by who reads it.
    "incomplete": f"This address is opened by a learning management system. {AGAIN}",
    "state unknown": f"This opening of the link was not begun here, or long ago. {AGAIN}",
    "other browser": "Your browser did not send back the cookie that it was given a moment ago. "
    "Browsers keep none for a page within another page: open it in a tab of its own.",
    "used": f"This opening of the link was used before: it is good for one time. {AGAIN}",
    "login too old": f"Too much time passed since the link was opened. {AGAIN}",
    "told by the platform": "The learning management system broke off the opening itself. Sign in "
    f"there anew. {AGAIN}",
    "expired": f"What the learning management system sent has expired. {AGAIN}",
    "anonymous": "The learning management system did not say who you are. Its administrator has to "
    "let Sandglass know the user's id.",
    "test student": "This is the test student of the student view. It is on nobody's roll, so "
    "there is nothing to show: leave the student view and open the link as yourself.",
    "signed out": f"You have signed out here since the link was opened. {AGAIN}",
    "other person": "You are signed in here as somebody else than who opened the link. Sign out "
    f"here if that is not you. {AGAIN}",
    "deep link unusable": "The learning management system asks for something else than links, or "
    "does not say where the choice is to be sent.",
    "account closed": "Your account here is closed. The course's staff know why.",
    # What an operator has to mend.
    "platform unknown": "Sandglass does not know this learning management system under this client "
    "id. Its operator registers it by: manage.py lti_platform add",
    "client id missing": "This learning management system did not say by which client id it "
    "calls, and several are known here. Its administrator has to send client_id.",
    "deployment unknown": "This installation of Sandglass in the learning management system is not "
    "known here. Its operator adds the deployment id by: manage.py lti_platform deployment",
    "platform away": "The keys of the learning management system could not be fetched, so nothing "
    f"that it says can be checked now. Try again in a minute. {_TELL}",
    "context missing": "The link stands outside a course. Put it into a course.",
    "link missing": f"The learning management system did not say which link was opened. {_TELL}",
    "other site": "The link leads to another site than this one. Its address has to be corrected "
    "in the learning management system.",
}
FORGED = (
    "What came in the name of the learning management system could not be checked, so nobody was "
    f"signed in. {AGAIN} {_TELL}"
)
"""For everything that no honest platform sends: the log knows which of them it was."""


class LtiRefused(GraderError):  # noqa: N818 - what happened, not which code
    """Something that came by LTI is not taken; `cause` is for the log, the sentence for people."""

    def __init__(self, cause: str, sentence: str = "") -> None:
        super().__init__(sentence or SENTENCES.get(cause, FORGED))
        self.cause = cause
