"""What a list of people would change in a course. Nothing is changed here.

A person is found by the address, and by the student number where the list cannot be sure of the
address. Whom the list and the course tell different things of is left as they are, and told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from grader.domain.states import STAFF, Role

NAME, NUMBER, SECTION, ROLE = "name", "student number", "section", "role"
"""Words for what may change of a person."""
LONGEST = {"name": 200, "email": 254, "number": 32, "section": 64}
"""How many letters the tables hold."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as a list names them. What is empty is not said, and changes nothing."""

    email: str
    name: str = ""
    number: str = ""
    section: str = ""
    role: Role | None = Role.STUDENT
    line: int | None = None
    """Where the list has them, if it is a file."""
    guessed: bool = False
    """The address was made up of an account's name: a known number says more."""

    @property
    def place(self) -> str:
        """Where to look for them in the list."""
        return f"Line {self.line}" if self.line else self.name or self.email


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the course, or one who has an account and is not of the course."""

    user: int
    email: str
    name: str
    member: int | None = None
    number: str = ""
    section: str = ""
    role: Role = Role.STUDENT
    active: bool = True
    elsewhere: bool = False
    """Is in other courses too, so that this one does not choose the name."""


@dataclass(frozen=True, slots=True)
class Change:
    """What of a person becomes another."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A person whom the list would bring in or change."""

    email: str
    name: str
    number: str
    section: str
    role: Role
    user: int | None = None
    """None for who has no account yet."""
    member: int | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """A person who is left as they are, and why."""

    place: str
    name: str
    email: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list would do, group by group."""

    new: tuple[Entry, ...] = ()
    back: tuple[Entry, ...] = ()
    """They had withdrawn."""
    changed: tuple[Entry, ...] = ()
    missing: tuple[Entry, ...] = ()
    """Students whom the list does not name; nobody while there are people on it with `unclear`
    addresses, who may be any of them."""
    conflicts: tuple[Conflict, ...] = ()
    unchanged: int = 0
    sections: tuple[str, ...] = ()
    """Those that the course does not have yet."""
    unclear: bool = False
    """Somebody on the list has an account's name and no address, and no number that is known."""

    @property
    def does_something(self) -> bool:
        """Whether applying it changes anything, even without withdrawing anybody."""
        return bool(self.new or self.back or self.changed)


@dataclass(slots=True)
class _Groups:
    new: list[Entry] = field(default_factory=list)
    back: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    met: set[int] = field(default_factory=set)
    """The users whom the list names, rightly or not: none of them is missing."""
    unchanged: int = 0
    unclear: bool = False


def plan(
    listed: Iterable[Listed],
    known: Iterable[Known],
    sections: Iterable[str] = (),
    *,
    same_people: bool = False,
) -> Plan:
    """What the list would do; it has been looked through by `faults`.

    known: the people of the course, and whoever else has one of the listed addresses
    sections: those that the course has
    same_people: who is known by a wholly different name is that person all the same
    """
    people = list(known)
    by_email = {each.email: each for each in people}
    by_number = {each.number: each for each in people if each.number and each.member}
    groups = _Groups()
    for one in listed:
        _place(one, _found(one, by_email, by_number), by_number, groups, same_people)
    missing = [
        _as_is(each)
        for each in people
        if each.member and each.active and each.role == Role.STUDENT and each.user not in groups.met
    ]
    if groups.unclear:
        missing = []
    touched = [*groups.new, *groups.back, *groups.changed]
    return Plan(
        new=tuple(sorted(groups.new, key=_by_name)),
        back=tuple(sorted(groups.back, key=_by_name)),
        changed=tuple(sorted(groups.changed, key=_by_name)),
        missing=tuple(sorted(missing, key=_by_name)),
        conflicts=tuple(groups.conflicts),
        unchanged=groups.unchanged,
        unclear=groups.unclear,
        sections=tuple(sorted({each.section for each in touched} - {"", *sections})),
    )


def faults(listed: Iterable[Listed]) -> list[str]:
    """What is wrong with the list in itself: who stands in it twice, by address or by number."""
    people = list(listed)
    return [
        *_twice(people, lambda each: each.email, "The address"),
        *_twice(people, lambda each: each.number, "The student number"),
    ]


def _twice(people: list[Listed], of: Callable[[Listed], str], what: str) -> Iterator[str]:
    for value, times in Counter(of(each) for each in people).items():
        if value and times > 1:
            places = [each.place for each in people if of(each) == value]
            told = ", ".join(places[:5]) + (" and more" if len(places) > len(places[:5]) else "")
            yield f"{what} {value} is there {times} times: {told}."


def _found(one: Listed, by_email: dict[str, Known], by_number: dict[str, Known]) -> Known | None:
    if one.guessed and one.number in by_number:
        return by_number[one.number]
    return by_email.get(one.email)


def _place(
    one: Listed,
    known: Known | None,
    by_number: dict[str, Known],
    groups: _Groups,
    same_people: bool,
) -> None:
    """Put one person of the list into the group where they belong."""
    holder = by_number.get(one.number) if one.number else None
    groups.unclear = groups.unclear or (known is None and "@" not in one.email)
    groups.met |= {each.user for each in (known, holder) if each}
    why = _conflict(one, known, holder, same_people)
    if why:
        groups.conflicts.append(Conflict(one.place, one.name, one.email, why))
        return
    entry = _entry(one, known)
    if known is None or known.member is None:
        groups.new.append(entry)
    elif not known.active:
        groups.back.append(entry)
    elif entry.changes:
        groups.changed.append(entry)
    else:
        groups.unchanged += 1


def _conflict(one: Listed, known: Known | None, holder: Known | None, same_people: bool) -> str:
    """Why a person cannot be taken as the list has them; empty if they can."""
    if holder is not None and (known is None or holder.user != known.user):
        return (
            f"The student number {one.number} is that of {holder.name} ({holder.email}) in this "
            "course. Correct one of the two."
        )
    if known is None:
        return _stranger(one)
    if known.member and known.role in STAFF and one.role is not None and one.role != known.role:
        return (
            f"Is {_a(known.role)} of this course, and the list says {one.role.value}. Staff are "
            "changed on their own page."
        )
    if not same_people and not _same_name(one.name, known.name):
        return (
            f"This {'number' if one.guessed and one.number == known.number else 'address'} is "
            f"known as {known.name} ({known.email}): another person?"
        )
    return ""


def _stranger(one: Listed) -> str:
    if "@" not in one.email:
        return f"The account “{one.email}” is no address yet: say at which host the accounts are."
    return "" if one.name else "Has no account yet, and the list has no name."


def _entry(one: Listed, known: Known | None) -> Entry:
    if known is None or known.member is None:
        return Entry(
            email=known.email if known else one.email,
            name=known.name if known else one.name,
            number=one.number,
            section=one.section,
            role=one.role or Role.STUDENT,
            user=known.user if known else None,
        )
    renamed = bool(one.name) and not one.guessed and not known.elsewhere
    after = Entry(
        email=known.email,
        name=one.name if renamed else known.name,
        number=one.number or known.number,
        section=one.section or known.section,
        role=one.role or known.role,
        user=known.user,
        member=known.member,
    )
    pairs = [
        (NAME, known.name, after.name),
        (NUMBER, known.number, after.number),
        (SECTION, known.section, after.section),
        (ROLE, known.role.value, after.role.value),
    ]
    changes = tuple(Change(*each) for each in pairs if each[1] != each[2])
    return replace(after, changes=changes)


def _as_is(known: Known) -> Entry:
    return Entry(
        known.email, known.name, known.number, known.section, known.role, known.user, known.member
    )


def _same_name(listed: str, known: str) -> bool:
    """Whether two ways of writing a name share a word, or one of them says nothing."""
    one, other = _name_words(listed), _name_words(known)
    return not one or not other or bool(one & other)


def _name_words(name: str) -> set[str]:
    return set(name.replace(",", " ").replace("-", " ").casefold().split())


def _a(role: Role) -> str:
    return "an instructor" if role == Role.INSTRUCTOR else f"a {role.value.upper()}"


def _by_name(entry: Entry) -> tuple[str, str]:
    return entry.name.casefold(), entry.email
