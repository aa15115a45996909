"""The authors' command line: `python -m assignments build|check|mutate|docs [hw1 ...]`.

Exit codes: 0 all is well, 1 a promise is broken or a folder is invalid, 2 bad usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assignments.build import stale_files, write_handout
from assignments.commands.docs import docs
from assignments.errors import AssignmentInvalid
from assignments.fields import near_miss
from assignments.loader import DECLARATION, load_assignment

OK, BROKEN, USAGE = 0, 1, 2
_HANDBOOK = Path(__file__).parents[1] / "docs" / "homeworks"
SANDBOXES = ("auto", "docker", "bubblewrap", "process")
DEVICES = ("auto", "cpu", "gpu")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    folders = _folders(options.root, options.homework)
    if isinstance(folders, str):
        print(folders, file=sys.stderr)
        return USAGE
    return int(options.run(folders, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assignments", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build handout/ from the master")
    build.add_argument("--check", action="store_true", help="exit 1 if handout/ is stale")
    build.set_defaults(run=_build)
    check = commands.add_parser("check", help="prove that the suite keeps its promises")
    _add_check_options(check)
    mutate = commands.add_parser("mutate", help="see whether the suite sees small mistakes")
    _add_mutate_options(mutate)
    pages = commands.add_parser("docs", help="write the staff's handbook of all homeworks")
    pages.add_argument("--check", action="store_true", help="exit 1 if a page is stale")
    pages.add_argument("--to", type=Path, default=_HANDBOOK, metavar="FOLDER")
    pages.add_argument("--root", type=Path, default=Path(__file__).parent)
    pages.set_defaults(run=docs, homework=[])
    for command in (build, check, mutate):
        command.add_argument("homework", nargs="*", help="names or folders (default: all)")
        command.add_argument("--root", type=Path, default=Path(__file__).parent)
    for command in (check, mutate):
        command.add_argument("--sandbox", choices=SANDBOXES, default="auto")
        command.add_argument("--device", choices=DEVICES, default="auto", help="of gpu checks")
        command.add_argument("--jobs", type=_positive, default=1, help="runs at once (default 1)")
    return parser


def _add_check_options(check: argparse.ArgumentParser) -> None:
    check.add_argument("--repeats", type=_positive, default=3, help="runs of each (default 3)")
    check.add_argument(
        "--related",
        action="store_true",
        help="judge a mutant only by checks that its changes can reach",
    )
    check.add_argument(
        "--only", metavar="PATTERN", default="*", help="only runs named so: 'mutants/rope_*'"
    )
    check.add_argument("--json", type=Path, metavar="FILE", help="write all results there")
    check.add_argument("--seed", type=int, help="the suite's numbers: the same again (else fresh)")
    check.set_defaults(run=_check)


def _add_mutate_options(mutate: argparse.ArgumentParser) -> None:
    mutate.add_argument("--only", metavar="FILE", default="*", help="mistakes in this file alone")
    mutate.add_argument("--sample", type=_positive, metavar="N", help="N of them (default: all)")
    mutate.add_argument("--seed", type=int, default=0, help="which N, and the suite's numbers")
    mutate.add_argument(
        "--least", type=float, default=90, help="exit 1 if fewer per cent are killed (default 90)"
    )
    mutate.add_argument("--record", action="store_true", help="write what was found to the folder")
    mutate.set_defaults(run=_mutate)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _folders(root: Path, names: Sequence[str]) -> list[Path] | str:
    """Find the homeworks' folders, or say which one there is none of."""
    known = {path.parent.name: path.parent for path in sorted(root.glob(f"*/{DECLARATION}"))}
    if not names:
        return list(known.values()) or f"There is no homework in {root}."
    folders = []
    for name in names:
        if name in known:
            folders.append(known[name])
        elif Path(name).is_dir():
            folders.append(Path(name))
        else:
            hint = near_miss(name, known) or f"There are: {', '.join(known) or 'none'}."
            return f"There is no homework {name!r} in {root}. {hint}"
    return folders


def _build(folders: Sequence[Path], options: argparse.Namespace) -> int:
    code = OK
    for folder in folders:
        try:
            spec = load_assignment(folder)
            changed = (stale_files if options.check else write_handout)(folder, spec)
        except AssignmentInvalid as error:
            print(error, file=sys.stderr)
            code = BROKEN
            continue
        if changed and options.check:
            print(f"{spec.slug}: handout/ is stale: {', '.join(changed)}", file=sys.stderr)
            print(f"Run: python -m assignments build {spec.slug}", file=sys.stderr)
            code = BROKEN
        else:
            print(f"{spec.slug}: {f'{len(changed)} file(s) changed' if changed else 'up to date'}")
    return code


# The next two are imported where they are used: `build` must run where no sandbox can be made.


def _check(folders: Sequence[Path], options: argparse.Namespace) -> int:
    from assignments.commands.check import check  # noqa: PLC0415 - see above

    return check(folders, options)


def _mutate(folders: Sequence[Path], options: argparse.Namespace) -> int:
    if options.record and (options.sample is not None or options.only != "*"):
        print("Only a run over all mutations can be recorded.", file=sys.stderr)
        return USAGE
    from assignments.commands.mutate import mutate  # noqa: PLC0415 - see above

    return mutate(folders, options)


if __name__ == "__main__":
    sys.exit(main())
