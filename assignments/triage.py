"""An upload, looked through before anything is queued: what will be graded, or why nothing can be.

Reads a path (folder, notebook, `.py`, archive) or a mapping from name to bytes; everything stays
in memory. Every refusal is one sentence for the student: what, where, and what to do.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from assignments.answers import ANSWERS_FILE
from assignments.answers.typed import Given, Typed, read_answers_file, read_answers_text
from assignments.archives import FOREIGN_SUFFIXES, is_archive, unpack
from assignments.errors import UploadRejected
from assignments.gathering import Gathering
from assignments.missing import missing_files
from assignments.names import shown
from assignments.notebooks import NotebookSource, read_notebook
from assignments.python_text import decode_python
from assignments.spec import AssignmentSpec, FilesSpec, NotebookSpec, module_name

_CHUNK = 64 * 1024
_NAMED_EXTRAS = 5


@dataclass(frozen=True, slots=True)
class TriagedCell:
    """One piece of source: a notebook's code cell, or a whole `.py` file (`number` is None)."""

    source: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class TriagedModule:
    """A file of the upload as a Python module, under all the names that it answers to."""

    names: tuple[str, ...]
    origin: str
    cells: tuple[TriagedCell, ...]


@dataclass(frozen=True, slots=True)
class TriagedUpload:
    """What will be graded."""

    modules: tuple[TriagedModule, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The files that are no Python: data, PDFs, text."""
    notices: tuple[str, ...] = ()
    answers: Mapping[str, Given] = field(default_factory=dict)
    """What was typed, by question; a question that is left out was not answered."""
    without_code: str = ""
    """A sentence for whoever handed in answers and no code; empty for everybody else."""


def triage(
    upload: Path | Mapping[str, bytes],
    spec: AssignmentSpec,
    typed: Mapping[str, Given] | None = None,
) -> TriagedUpload:
    """Sort an upload by what the homework asks for, or raise `UploadRejected`.

    `typed` are answers that are known already; they take the place of those in the files. A path
    that does not exist is the caller's mistake, not the student's: `FileNotFoundError`.
    """
    files = opened(upload, spec)
    if not files and not typed:
        raise UploadRejected(
            "The upload holds no files: choose the files of this homework and upload again."
        )
    notebook = _chosen_notebook(files, spec)
    source = _notebook_source(notebook, files, spec)
    answers = _typed(files, notebook, source, spec) if typed is None else Typed(typed)
    return _sorted(files, notebook, source, answers, spec)


def opened(upload: Path | Mapping[str, bytes], spec: AssignmentSpec) -> dict[str, bytes]:
    """The files of an upload by name: an archive unpacked, a folder round everything taken off.

    Nothing is sorted out yet but what computers leave behind. Raises `UploadRejected`.
    """
    limit = spec.files.max_bytes
    files = _read(upload, limit)
    # A file of answers may lie beside an archive with all the rest.
    beside = {ANSWERS_FILE: files.pop(ANSWERS_FILE)} if _answers_beside_archive(files, spec) else {}
    return _strip_top_folder(_unpacked(files, limit)) | beside


def _answers_beside_archive(files: Mapping[str, bytes], spec: AssignmentSpec) -> bool:
    others = files.keys() - {ANSWERS_FILE}
    return bool(spec.answers) and len(others) < len(files) and any(map(is_archive, others))


def _read(upload: Path | Mapping[str, bytes], max_bytes: int) -> dict[str, bytes]:
    if isinstance(upload, Path):
        return _read_path(upload, max_bytes)
    source = shown(next(iter(upload))) if len(upload) == 1 else "The upload"
    gathering = Gathering(source, max_bytes)
    for raw, data in upload.items():
        name = gathering.admit(raw)
        if name is not None:
            gathering.add(name, (data,))
    return gathering.files


def _read_path(path: Path, max_bytes: int) -> dict[str, bytes]:
    path.lstat()
    source = shown(path.resolve().name)
    gathering = Gathering(source, max_bytes)
    try:
        if path.is_dir():
            _read_folder(path, path, gathering)
        elif (name := gathering.admit(path.name)) is not None:
            gathering.add(name, _chunks(path, source))
    except OSError as error:
        raise UploadRejected(
            f"{source} cannot be read ({error.strerror or 'input/output error'}): check the path "
            "and its permissions."
        ) from error
    return gathering.files


def _read_folder(root: Path, folder: Path, gathering: Gathering) -> None:
    for path in sorted(folder.iterdir()):
        name = gathering.admit(path.relative_to(root).as_posix())
        if name is None:
            continue
        if stat.S_ISDIR(path.lstat().st_mode):
            _read_folder(root, path, gathering)
        else:
            gathering.add(name, _chunks(path, shown(name)))


def _chunks(path: Path, name: str) -> Iterator[bytes]:
    # Looked at before it is opened: opening a pipe would wait for its writer.
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "a device"
        raise UploadRejected(f"{name} is {kind} and not a file: put the file itself in its place.")
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _unpacked(files: dict[str, bytes], max_bytes: int) -> dict[str, bytes]:
    archives = [name for name in files if is_archive(name)]
    foreign = [name for name in files if name.lower().endswith(FOREIGN_SUFFIXES)]
    if archives and len(files) > 1:
        raise UploadRejected(
            f"The upload holds the archive {shown(archives[0])} beside other files: upload one "
            "archive, or the files themselves."
        )
    if archives:
        return unpack(archives[0], files[archives[0]], max_bytes)
    if foreign and len(files) == 1:
        raise UploadRejected(
            f"{shown(foreign[0])} is an archive that cannot be read here: make a .zip or .tar.gz, "
            "or upload the files themselves."
        )
    return files


def _strip_top_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """Take off folders that hold everything: what compressing a folder adds around its files."""
    while len({name.partition("/")[0] for name in files}) == 1 and all("/" in n for n in files):
        files = {name.partition("/")[2]: data for name, data in files.items()}
    return files


def _notebook_source(
    notebook: str | None, files: Mapping[str, bytes], spec: AssignmentSpec
) -> NotebookSource:
    if notebook is None:
        return NotebookSource([], [])
    return read_notebook(shown(notebook), files[notebook], with_answers=bool(spec.answers))


def _typed(
    files: Mapping[str, bytes], notebook: str | None, source: NotebookSource, spec: AssignmentSpec
) -> Typed:
    """What was typed in `answers.toml` and in the notebook; each may have some of the answers."""
    typed = Typed({})
    if spec.answers and ANSWERS_FILE in files:
        typed = read_answers_file(ANSWERS_FILE, files[ANSWERS_FILE], spec)
    if notebook is None or not source.answers:
        return typed
    place = f"The cell of answers in {shown(notebook)}"
    return typed.with_others(shown(notebook), read_answers_text(place, source.answers, spec))


def _is_untouched(name: str, data: bytes, spec: AssignmentSpec) -> bool:
    return spec.handout.get(name) == hashlib.sha256(data).hexdigest()


def _chosen_notebook(files: dict[str, bytes], spec: AssignmentSpec) -> str | None:
    """Name the notebook to grade; None when the `.py` files are to be graded."""
    notebooks = sorted(name for name in files if name.lower().endswith(".ipynb"))
    if not notebooks:
        return None
    python = sorted(files.keys() & set(spec.files.required_python))
    if spec.files.notebook is None:
        _refuse_lone_notebook(notebooks[0], python, spec)
        return None
    if python and all(_is_untouched(name, files[name], spec) for name in notebooks):
        return None
    touched = [name for name in notebooks if not _is_untouched(name, files[name], spec)]
    if len(touched or notebooks) > 1:
        names = " and ".join(shown(name) for name in (touched or notebooks)[:3])
        raise UploadRejected(
            f"The upload holds more than one notebook ({names}): keep the one to be graded and "
            "upload again."
        )
    chosen = (touched or notebooks)[0]
    if not all(_is_untouched(name, files[name], spec) for name in python):
        raise UploadRejected(
            f"The upload holds both the notebook {shown(chosen)} and {_listed(python)}: keep "
            "either the notebook or the .py files, whichever is to be graded."
        )
    return chosen


def _refuse_lone_notebook(name: str, python: list[str], spec: AssignmentSpec) -> None:
    if not python:
        raise UploadRejected(
            f"This homework takes {_listed(list(spec.files.required))} and no notebook: copy your "
            f"code from {shown(name)} into the .py files and upload these."
        )


def _sorted(
    files: dict[str, bytes],
    notebook: str | None,
    source: NotebookSource,
    typed: Typed,
    spec: AssignmentSpec,
) -> TriagedUpload:
    required = set(spec.files.required)
    if source.cells:
        required -= set(spec.files.required_python)
    missing = [name for name in spec.files.required if name in required and name not in files]
    notices, without_code = [*typed.notices, *source.notices], ""
    if missing and typed.answers and _is_without_code(files, notebook, missing, spec):
        without_code = f"No code was handed in ({_listed(missing)}): only the answers can earn."
        required = set()
    elif missing:
        raise missing_files(missing, sorted(files), spec.files)
    wanted = [name for name in spec.files.required if name in required]
    wanted += sorted(n for n in files.keys() - set(spec.files.required) if _optional(n, spec.files))
    wanted = [name for name in wanted if name != notebook]
    modules = [_python_module(n, files[n]) for n in wanted if n.endswith(".py")]
    if notebook is not None and spec.files.notebook is not None and source.cells:
        modules.insert(0, _notebook_module(notebook, source, spec.files.notebook))
    used = {*wanted, notebook or "", *([ANSWERS_FILE] if spec.answers else [])}
    notices += _notice_extras(files, used, spec)
    others = {name: files[name] for name in wanted if not name.endswith(".py")}
    return TriagedUpload(tuple(modules), others, tuple(notices), typed.answers, without_code)


def _is_without_code(
    files: Mapping[str, bytes], notebook: str | None, missing: list[str], spec: AssignmentSpec
) -> bool:
    """Whether answers were handed in and nothing else; code under a wrong name is a mistake."""
    strays = files.keys() - {notebook} - spec.handout.keys()
    return missing == list(spec.files.required) and not any(
        name.lower().endswith((".py", ".ipynb")) for name in strays
    )


def _optional(name: str, files: FilesSpec) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in files.optional)


def _python_module(name: str, data: bytes) -> TriagedModule:
    cell = TriagedCell(decode_python(shown(name), data))
    return TriagedModule((module_name(name),), name, (cell,))


def _notebook_module(name: str, source: NotebookSource, notebook: NotebookSpec) -> TriagedModule:
    triaged = tuple(TriagedCell(text, number) for number, text in source.cells)
    return TriagedModule(notebook.modules, name, triaged)


def _notice_extras(files: dict[str, bytes], used: set[str], spec: AssignmentSpec) -> list[str]:
    extras = sorted(name for name in files.keys() - used if name not in spec.handout)
    unused = sorted(files.keys() & set(spec.handout) & set(spec.files.required) - used)
    unused += sorted(n for n in files.keys() - used if n in spec.handout and n.endswith(".ipynb"))
    notices = []
    if unused:
        was = "is as we handed it out and was" if len(unused) == 1 else "are as handed out and were"
        notices.append(f"{_listed(unused)} {was} left aside.")
    if extras:
        notices.append(f"Left out, because this homework does not ask for it: {_listed(extras)}.")
    return notices


def _listed(names: list[str]) -> str:
    head = ", ".join(shown(name) for name in names[:_NAMED_EXTRAS])
    more = len(names) - _NAMED_EXTRAS
    return f"{head} and {more} more" if more > 0 else head
