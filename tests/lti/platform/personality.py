"""What platforms differ in. The plain rest is the standard's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any

from tests.lti.platform.http import Answer, Refused, json_answer
from tests.lti.platform.world import ASSISTANT, INSTRUCTOR, LEARNER, Item, Link, Person

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
ROLES = {
    LEARNER: [f"{MEMBERSHIP}#Learner"],
    INSTRUCTOR: [f"{MEMBERSHIP}#Instructor"],
    ASSISTANT: [f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}/Instructor#TeachingAssistant"],
}


class Personality(ABC):
    """Addresses, words and rules of one kind of platform."""

    name: str
    auth_path: str
    token_path: str
    jwks_path: str
    items_path: str
    members_path: str
    token_seconds = 300
    """How long an id_token holds."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def issuer(self) -> str:
        return self.url

    @property
    def token_url(self) -> str:
        return self.url + self.token_path

    @property
    def items_url(self) -> str:
        return self.url + self.items_path

    @property
    def members_url(self) -> str:
        return self.url + self.members_path

    @property
    def deep_link_url(self) -> str:
        return f"{self.url}/deep-links"

    @abstractmethod
    def item_url(self, item: str) -> str:
        """The address of a column."""

    @abstractmethod
    def item_asked(self, path: str) -> tuple[str, str] | None:
        """The column that a path is of, and its part: nothing, `scores` or `results`."""

    @abstractmethod
    def take(self, item: Item, number: str, person: Person | None, body: dict[str, Any]) -> Answer:
        """Take a score, or say why not."""

    @abstractmethod
    def held(self, item: Item, sub: str) -> float | None:
        """What the column shows of a person: the score, unless a teacher decided otherwise."""

    @abstractmethod
    def scopes_given(self, asked: list[str], allowed: list[str]) -> list[str]:
        """Those of the scopes that a token is given for; `Refused` when it is none."""

    def launch_roles(self, person: Person) -> list[str]:
        """As a launch names them."""
        return ROLES[person.role]

    def member_roles(self, person: Person) -> list[str]:
        """As the roster names them."""
        return ROLES[person.role]

    def more_of_login(self) -> str:
        """Fields of the login beyond the standard, as `&a=b`."""
        return ""

    def more_claims(self, sub: str, person: Person) -> dict[str, Any]:
        """Claims of the launch beyond the library's."""
        return {
            "https://purl.imsglobal.org/spec/lti/claim/lis": {"person_sourcedid": person.number},
            "https://purl.imsglobal.org/spec/lti/claim/tool_platform": {
                "guid": "platform",
                "product_family_code": self.name,
            },
        }

    def custom(self, sub: str, person: Person, link: Link) -> dict[str, str]:
        """Custom parameters; what a platform does not know arrives as it was written."""
        return link.custom


def moment(text: Any) -> datetime:
    """A timestamp of a score; without a zone it is the server's, which is UTC here."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Refused(400, "timestamp is none") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def taken(result_url: str) -> Answer:
    """Canvas' answer to a score."""
    return json_answer({"resultUrl": result_url})
