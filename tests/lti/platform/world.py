"""What a platform holds: one course with its people, links, columns and grades."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CONTEXT = "course-4551"
"""The platform's name of its course."""
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (
    f"{AGS}lineitem",
    f"{AGS}lineitem.readonly",
    f"{AGS}result.readonly",
    f"{AGS}score",
    NRPS,
)
LEARNER, INSTRUCTOR, ASSISTANT = "Learner", "Instructor", "TeachingAssistant"


@dataclass
class Person:
    """Somebody in the course; `number` is what the registry calls them."""

    name: str
    email: str = ""
    number: str = ""
    role: str = LEARNER
    active: bool = True


@dataclass
class Grade:
    """What a column holds of a person."""

    score: float | None = None
    timestamp: datetime | None = None
    feedback: str = ""
    """Moodle's: the one that stands there."""
    comments: list[str] = field(default_factory=list)
    """Canvas': each that came."""
    submissions: list[dict[str, Any]] = field(default_factory=list)
    teacher: float | None = None
    """What a teacher typed over it."""
    posts: int = 0
    """How many scores were taken."""


@dataclass
class Item:
    """A column of the gradebook."""

    label: str
    maximum: float
    resource_id: str = ""
    tag: str = ""
    link: str = ""
    grades: dict[str, Grade] = field(default_factory=dict)

    def grade(self, sub: str) -> Grade:
        return self.grades.setdefault(sub, Grade())


@dataclass
class Link:
    """A place in the course that leads to a tool; `item` is its column."""

    title: str
    url: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    item: str = ""


@dataclass
class Tool:
    """Where the tool is, as an administrator typed it or as it registered itself."""

    client_id: str = "10000000000001"
    deployment_id: str = "1:deployment"
    login_url: str = ""
    launch_url: str = ""
    jwks_url: str = ""
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))


@dataclass
class World:
    """Everything, with what happened."""

    people: dict[str, Person] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    tool: Tool = field(default_factory=Tool)
    registrations: list[dict[str, Any]] = field(default_factory=list)
    deep_links: list[list[dict[str, Any]]] = field(default_factory=list)
    members_on_a_page: int = 50
    items_on_a_page: int = 50
    change: dict[str, Any] = field(default_factory=dict)
    """What the next launch says other than the truth; see `launches.changed`."""
    tokens: set[str] = field(default_factory=set)
    spent: set[str] = field(default_factory=set)
    """Each `jti` of an assertion and `nonce` of a deep link: good for once."""
    answered: Counter[str] = field(default_factory=Counter)
    """How often each part gave each status, as `scores 200`."""
    _serial: itertools.count[int] = field(default_factory=lambda: itertools.count(11))

    @classmethod
    def with_a_class(cls) -> World:
        """Three students, a TA and an instructor; a link with a column, as after a first set-up."""
        world = cls()
        world.people = {
            "101": Person("Ada Lovelace", "ada@example.edu", "20000001"),
            "102": Person("Bo Chen", "bo@example.edu", "20000002"),
            "103": Person("Cy Young", "cy@example.edu", "20000003"),
            "201": Person("Tess Tutor", "tess@example.edu", "", ASSISTANT),
            "301": Person("Ines Instructor", "ines@example.edu", "", INSTRUCTOR),
        }
        item = world.add(Item("Homework 1", 100.0, link="link-1"))
        world.links["link-1"] = Link("Homework 1", item=item)
        return world

    def forget(self) -> None:
        """Be again as `with_a_class` makes it."""
        self.__dict__.update(World.with_a_class().__dict__)

    def add(self, item: Item) -> str:
        """The new column's number."""
        number = str(next(self._serial))
        self.items[number] = item
        return number
