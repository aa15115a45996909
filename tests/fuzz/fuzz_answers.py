"""Coverage-guided fuzzing of the readers of typed answers: `python fuzz_answers.py SECONDS`.

Anything but a judgement or a refusal is a finding, as is a text that takes over two seconds or half
a gigabyte.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["assignments.answers"]):
    from assignments.answers.judging import judge_answers
    from assignments.answers.typed import as_file, read_answers_file, tidied

from assignments.errors import UploadRejected
from tests.assignments.questions import homework_of, question

SPEC = homework_of(
    question('id = "amount"\ntitle = "A"\npoints = 1\nkind = "number"\nvalue = "2.6 GB"'),
    question(
        'id = "formula"\ntitle = "F"\npoints = 1\nkind = "expression"\nvalue = "2 * Psi / N"\n'
        "variables = { Psi = [1, 9], N = [2, 64] }"
    ),
    question(
        'id = "choice"\ntitle = "C"\npoints = 1\nkind = "choice"\nvalue = ["a"]\n'
        'options = { a = "A", b = "B" }'
    ),
    question('id = "table"\ntitle = "T"\npoints = 1\nkind = "matrix"\nvalues = [[1, 2], [3, 4]]'),
)
OUTCOMES = {"passed", "failed", "error", "not_run"}


def one(data: bytes) -> None:
    """Read the bytes as a file, and as what somebody typed into each field."""
    text = data.decode("utf-8", "replace")
    judge(tidied(SPEC, {answer.id: text for answer in SPEC.answers}))
    judge(tidied(SPEC, {"table": [text.split(","), ["3", "4"]]}))
    try:
        typed = read_answers_file("answers.toml", data, SPEC)
    except UploadRejected:
        return
    judge(typed.answers)
    if read_answers_file("answers.toml", as_file(typed.answers), SPEC).answers != typed.answers:
        raise AssertionError("answers do not read back as they were written")


def judge(answers: object) -> None:
    """Every answer ends in one of the known ways, and no points come from nowhere."""
    for judged in judge_answers(SPEC, answers):  # type: ignore[arg-type]
        if judged.outcome not in OUTCOMES or (judged.points and judged.outcome != "passed"):
            raise AssertionError(judged)


SEEDS = [
    b'amount = "2.6 GB"\nformula = "2*Psi/N"\nchoice = ["a"]\ntable = [[1, 2], [3, 4]]\n',
    b"amount = 1e400\nformula = '''(Psi'''\nchoice = 'a, b'\ntable = [[1, [2]], nan]",
    b"2.6 * 10^9 B/s",
    b"-(Psi + 1)**2 / log(N, 2) + max(1, N)",
    "\u2248 10\u2079 \u00d7 2 \u00b5s".encode(),
]


def main() -> None:
    """Run for the given number of seconds."""
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS):
            (pathlib.Path(corpus) / f"seed-{number}").write_bytes(seed)
        arguments = ["-max_len=4096", "-timeout=2", "-rss_limit_mb=1024", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], corpus, f"-max_total_time={sys.argv[1]}", *arguments], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
