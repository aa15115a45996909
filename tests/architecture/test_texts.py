"""House rules for texts: nothing of one machine stands in the project, and no page tells tales."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import FOREIGN, ROOMS, ROOT, files, modules, read

# Written in parts, so that this file does not hold what it looks for.
HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "download.pytorch" + ".org",
    "registry-1.docker" + ".io",
    "ghcr" + ".io",
    "quay" + ".io",
    "npmjs" + ".org",
]
FOLDERS = ["work", "root", "Users", "home/[a-z]+", "opt/pypi[a-z-]*", "opt/wheels"]
OF_ONE_MACHINE = re.compile(
    "|".join([*map(re.escape, HOSTS), *(rf"(?<![\w.~/-])/{folder}/" for folder in FOLDERS)])
)
BINARY = (".png", ".pdf", ".ico", ".zip", ".gz", ".pt", ".npy")
PAGES = [name for name in files() if name.endswith(".md") and not name.startswith(FOREIGN)]
TEXTS = [name for name in files() if not name.endswith(BINARY) and not name.startswith(FOREIGN)]


def test_nothing_of_one_machine() -> None:
    """A registry's host or a developer's folder works on one machine and misleads on the next."""
    found = {(name, text) for name in TEXTS for text in OF_ONE_MACHINE.findall(read(name))}
    assert found == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see /" + "work/main/x", True),
        ('path = "/' + 'home/ada/sandglass"', True),
        ("https://" + "pypi" + ".org/simple", True),
        ("apt-get install docker.io", False),
        ("tests/hostile/work/x and ./root/x", False),
    ],
)
def test_the_search_knows_such_texts(text: str, *, found: bool) -> None:
    """The rule above is worth what its search finds."""
    assert bool(OF_ONE_MACHINE.search(text)) is found


def targets() -> set[str]:
    """The commands of the Makefile."""
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("name", PAGES)
def test_commands_on_pages_exist(name: str) -> None:
    """A reader who copies a command gets what the page says."""
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", read(name), re.DOTALL))
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets()
    for module in re.findall(r"\bpython3? -m ([a-z_.]+)", code):
        path = ROOT / module.replace(".", "/")
        ours = path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
        assert ours or module in {"pytest", "venv", "pip"}, module


@pytest.mark.parametrize("name", PAGES)
def test_links_on_pages_lead_somewhere(name: str) -> None:
    """Each relative link names a file or folder of this project."""
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(name)):
        if "://" not in link:
            assert (ROOT / name).parent.joinpath(link).exists(), link


def test_every_command_is_listed_by_help() -> None:
    """`make help` reads the comments; a target without one would be hidden."""
    listed = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))
    assert listed == targets()


@pytest.mark.parametrize("room", [*ROOMS, "tests", "docs", ".ci", "."])
def test_each_room_has_a_page(room: str) -> None:
    """What is here, who writes it, who reads it."""
    assert (ROOT / room / "README.md").stat().st_size > 0


def test_each_environment_variable_is_explained() -> None:
    """A switch that no page names is a trap."""
    sources = [*modules(), *(name for name in files() if name.endswith(".sh")), ".ci/run"]
    used = {found for name in sources for found in re.findall(r"\bSANDGLASS_[A-Z_]+\b", read(name))}
    explained = "\n".join(map(read, PAGES))
    assert used
    assert {name for name in used if name not in explained} == set()


def test_each_file_of_runners_is_on_its_page() -> None:
    """The dangerous room is read file by file; none may be missing from its map."""
    page = read("runners/README.md")
    names = {name.rpartition("/")[2] for name in files() if name.startswith("runners/")}
    assert {name for name in names if name not in page} - {"__init__.py", "README.md"} == set()
