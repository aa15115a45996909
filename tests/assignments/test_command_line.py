from __future__ import annotations

import json
from pathlib import Path

import pytest

from assignments.__main__ import main
from tests.assignments.homework import QUESTION2, declaration, write_homework
from tests.gpu_host import homework_with_gpu, path_with_gpu


def test_build_check_and_build_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_homework(tmp_path / "hw0")
    root = ["--root", str(tmp_path)]

    assert main(["build", "--check", *root]) == 1
    assert "Run: python -m assignments build hw0" in capsys.readouterr().err
    assert main(["build", "hw0", *root]) == 0
    assert capsys.readouterr().out == "hw0: 6 file(s) changed\n"
    assert main(["build", "--check", *root]) == 0
    assert capsys.readouterr().out == "hw0: up to date\n"


def test_a_folder_may_be_named_by_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_homework(tmp_path / "elsewhere")

    assert main(["build", str(folder)]) == 0
    assert capsys.readouterr().out == "elsewhere: 6 file(s) changed\n"


def test_an_unknown_homework_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_homework(tmp_path / "homework1")

    assert main(["check", "homework", "--root", str(tmp_path)]) == 2
    assert "There is no homework 'homework'" in (told := capsys.readouterr().err)
    assert "Did you mean 'homework1'?" in told


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["prove"],
        ["check", "--repeats", "0"],
        ["check", "--jobs", "0"],
        ["check", "--sandbox", "vm"],
    ],
)
def test_bad_arguments_are_bad_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2


def test_an_invalid_folder_lists_its_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_homework(tmp_path / "hw0", declaration("points = 10", "points = 12"))
    report = tmp_path / "report.json"

    assert main(["check", "--root", str(tmp_path), "--json", str(report)]) == 1
    assert "hw0 has 1 fault(s):\n  assignment.toml: points: is 12" in capsys.readouterr().err
    [found] = json.loads(report.read_text())
    assert (found["homework"], found["ok"]) == ("hw0", False)
    assert found["faults"] == [
        {
            "path": "assignment.toml",
            "field": "points",
            "message": "is 12, but the problems' points add up to 10.",
            "remedy": "Change one of them so that they agree.",
        }
    ]


def test_a_stale_handout_is_a_broken_promise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_homework(tmp_path / "hw0")
    main(["build", "--root", str(tmp_path)])
    (tmp_path / "hw0" / "solution" / "question2.py").write_text(QUESTION2.replace("Dou", "dou"))

    assert main(["check", "--root", str(tmp_path)]) == 1
    assert (
        "broken: handout: is stale (hw0.ipynb, question2.py). "
        "Run: python -m assignments build hw0" in capsys.readouterr().err
    )


def test_the_gate_runs_in_a_real_sandbox(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_homework(tmp_path / "hw0")
    main(["build", "--root", str(tmp_path)])
    report = tmp_path / "report.json"
    sandbox = ["--sandbox", "process", "--repeats", "1", "--json", str(report)]

    assert main(["check", "--root", str(tmp_path), *sandbox]) == 0
    assert "hw0: 4 runs, may be published" in capsys.readouterr().out
    [found] = json.loads(report.read_text())
    assert found["matrix"]["squares"] == {
        "hidden/test_question1.py::test_random": ".",
        "hidden/test_question2.py::test_double": "x",
        "public/test_question1.py::test_small": ".",
    }
    assert found["runs"]["reference as a notebook"][0]["points"] == "10"


def test_a_part_of_the_gate_proves_nothing_of_the_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_homework(tmp_path / "hw0")
    main(["build", "--root", str(tmp_path)])
    part = ["--repeats", "2", "--jobs", "2", "--related", "--only", "mutants/*"]

    assert main(["check", "--root", str(tmp_path), "--sandbox", "process", *part]) == 0
    seen = capsys.readouterr()
    assert seen.out.splitlines()[-1] == (
        "hw0: 2 runs, as expected; of mutants/* alone, which proves nothing of the whole"
    )
    assert [line.strip() for line in seen.err.splitlines()] == [
        "[  1/2] mutants/squares",
        "[  2/2] mutants/squares",
    ]
    # Only the file that its change can reach: the others are not even in the matrix.
    assert "  1  hidden/test_question2.py::test_double" in seen.out
    assert "test_random" not in seen.out


def test_a_seed_gives_the_same_numbers_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each run of a label has numbers of its own, and the same ones in the next gate."""
    chance = """
import pytest


@pytest.mark.points(4)
@pytest.mark.hint("Be lucky.")
def test_double(seed):
    \"\"\"A matter of luck\"\"\"
    assert seed % 2, "no luck"
"""
    write_homework(tmp_path / "hw0", {"checks/hidden/test_question2.py": chance})
    main(["build", "--root", str(tmp_path)])
    report = tmp_path / "report.json"
    drawn = ["--sandbox", "process", "--only", "reference", "--repeats", "12", "--seed", "7"]

    found = []
    for _ in range(2):
        main(["check", "--root", str(tmp_path), *drawn, "--json", str(report)])
        [result] = json.loads(report.read_text())
        found.append([run["outcomes"] for run in result["runs"]["reference"]])
    assert found[0] == found[1]
    lucky = [run["hidden/test_question2.py::test_double"] for run in found[0]]
    assert set(lucky) == {"passed", "failed"}
    assert "is flaky" in capsys.readouterr().err


def test_a_pattern_that_names_nothing_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_homework(tmp_path / "hw0")
    main(["build", "--root", str(tmp_path)])

    assert main(["check", "--root", str(tmp_path), "--only", "squares"]) == 2
    assert capsys.readouterr().err == (
        "No run is named 'squares'. "
        "Runs are named reference, handout, mutants/NAME; * stands for anything.\n"
    )


def test_a_suite_is_proven_on_the_gpu_too_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program stands for the driver; this suite computes nothing on the GPU that it gets."""
    folder = homework_with_gpu(tmp_path / "course" / "hw0", "cpu")
    main(["build", str(folder)])
    capsys.readouterr()
    once = ["check", str(folder), "--sandbox", "process", "--repeats", "1", "--only", "reference"]

    assert main(once) == 0
    assert capsys.readouterr().out.count("hw0: 1 run,") == 1
    assert main([*once, "--device", "gpu"]) == 1
    assert "needs 1 GPU(s) and this host has 0" in capsys.readouterr().err
    monkeypatch.setenv("PATH", path_with_gpu(tmp_path / "bin"))
    assert main(once) == 0
    assert capsys.readouterr().out.count("hw0: 1 run,") == 2
    assert main([*once, "--device", "cpu"]) == 0
    assert capsys.readouterr().out.count("hw0: 1 run,") == 1


def test_mutations_run_in_a_real_sandbox_and_are_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--root", str(tmp_path), "--sandbox", "process", "--jobs", "2"]
    write_homework(tmp_path / "hw0")

    # The hidden suite of this homework does not look at Counter: three mistakes of six survive.
    assert main(["mutate", *root, "--record"]) == 1
    seen = capsys.readouterr()
    assert "-        self.value += self.step\n+        self.value -= self.step\n" in seen.out
    assert seen.out.splitlines()[-1] == (
        "hw0: 6 mutations: 3 killed by the hidden suite (0 by a time limit), 0 equivalent, "
        "0 allowed, 3 survive: 50.0 % killed"
    )
    assert "killed = 3\n" in (tmp_path / "hw0" / "mutation.toml").read_text()
    assert main(["mutate", *root, "--least", "50", "--sample", "6", "--only", "question1.py"]) == 0


@pytest.mark.parametrize("part", [["--sample", "3"], ["--only", "question1.py"]])
def test_a_part_of_the_mutations_is_not_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], part: list[str]
) -> None:
    write_homework(tmp_path / "hw0")

    assert main(["mutate", "--root", str(tmp_path), "--record", *part]) == 2
    assert capsys.readouterr().err == "Only a run over all mutations can be recorded.\n"
