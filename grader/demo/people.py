"""The demo's class: invented people at example.edu, all with one password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from grader.domain.states import Role
from grader.models import Course, Membership, Section, User

PASSWORD = "pipes-and-sand"  # noqa: S105 - printed for everybody; the demo answers this machine alone
_HOST = "example.edu"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a course; `account` is the address before its host."""

    account: str
    name: str
    role: Role = Role.STUDENT
    section: str = ""
    number: str = ""

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.account}@{_HOST}"


INSTRUCTOR = Person("eleanor.whitfield", "Eleanor Whitfield", Role.INSTRUCTOR)
TAS = (
    Person("ravi.menon", "Ravi Menon", Role.TA, "L1"),
    Person("guo.siyuan", "郭思源 Guo Siyuan", Role.TA, "L2"),
)
STAFF = (INSTRUCTOR, *TAS)

NEWCOMER = Person("hana.suzuki", "Hana Suzuki", section="L1", number="20990112")
"""Has uploaded nothing yet: the one to try it with."""
REPEATER = Person("chan.taiman", "陳大文 Chan Tai Man", section="L3", number="20981377")
"""Is in both terms: has old grades and a homework that is open."""

STUDENTS = (
    NEWCOMER,
    REPEATER,
    Person("li.wenjie", "李文杰 Li Wenjie", section="L1", number="20990127"),
    Person("wong.kayan", "黃嘉欣 Wong Ka Yan", section="L1", number="20990135"),
    Person("amina.yusuf", "Amina Yusuf", section="L1", number="20990141"),
    Person("zhang.yi", "张怡 Zhang Yi", section="L2", number="20990156"),
    Person("lucas.oliveira", "Lucas Oliveira Prado", section="L2", number="20990163"),
    Person("ouyang.ruolan", "欧阳若兰 Ouyang Ruolan", section="L2", number="20990178"),
    Person("nguyen.minhanh", "Nguyễn Minh Anh", section="L2", number="20990184"),
    Person("siobhan.oneill", "Siobhán O'Neill", section="L3", number="20990199"),
    Person("lau.chunhei", "劉俊熙 Lau Chun Hei", section="L3", number="20990206"),
    Person("kim.doyun", "김도윤 Kim Do-yun", section="L3", number="20990218"),
)
"""This term's class."""

LAST_TERM = (
    REPEATER,
    Person("tse.wingman", "謝詠雯 Tse Wing Man", section="L1", number="20981304"),
    Person("peter.novak", "Petr Novák", section="L1", number="20981316"),
    Person("he.jiaqi", "何嘉琪 He Jiaqi", section="L1", number="20981342"),
)
"""The class of the term before."""


def enrol(course: Course, people: Sequence[Person]) -> dict[Person, Membership]:
    """Put the people into the course; who has no account yet gets one."""
    sections = {
        name: Section.objects.create(course=course, name=name)
        for name in sorted({person.section for person in people} - {""})
    }
    # Hashing is slow on purpose, so it is done once for all.
    password = make_password(PASSWORD)
    return {
        person: Membership.objects.create(
            course=course,
            user=_user(person, password),
            role=person.role.value,
            section=sections.get(person.section),
            student_number=person.number,
        )
        for person in people
    }


def _user(person: Person, password: str) -> User:
    known = User.objects.filter(email=person.email).first()
    if known is not None:
        return known
    user = User.objects.create_user(person.email, person.name)
    user.password = password
    user.save(update_fields=["password"])
    return user
