"""`python -m runners grade`: exit codes, `results.json`, receipts, and what each reader sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from runners import receipt
from tests.capabilities import require

ROOT = Path(__file__).parents[2]
HOSTILE = ROOT / "tests" / "hostile"
HOMEWORK = HOSTILE / "assignment"
SOLUTION = HOMEWORK / "solution"


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runners", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def grade(path: Path, *more: object, homework: Path = HOMEWORK, **environment: str) -> Any:
    require("bubblewrap")
    return run(
        "grade", "--assignment", homework, "--sandbox", "bubblewrap", path, *more, **environment
    )


def test_the_solution_is_graded_with_all_points() -> None:
    done = grade(SOLUTION)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("100/100")


def test_the_process_sandbox_grades_too_and_says_that_it_isolates_nothing() -> None:
    done = run("grade", "--assignment", HOMEWORK, "--sandbox", "process", SOLUTION)
    assert done.returncode == 0, done.stderr
    assert "100/100" in done.stdout
    assert "NO ISOLATION" in done.stderr


def test_a_zip_gives_results_json_on_standard_output(tmp_path: Path) -> None:
    upload = tmp_path / "upload.zip"
    with zipfile.ZipFile(upload, "w") as archive:
        for file in SOLUTION.iterdir():
            if file.is_file():
                archive.write(file, f"work/{file.name}")
    done = grade(upload, "--json", "-", SANDGLASS_RECEIPT_KEY="key")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["verdict"] == "graded"
    assert results["score"] == sum(test["score"] for test in results["tests"]) == 100
    first = results["tests"][0]
    told = {"id", "name", "score", "max_score", "status", "outcome", "hint", "seconds"}
    assert told <= set(first)
    assert first["visibility"] in ("visible", "hidden", "after_due_date", "after_published")
    assert receipt.verify(results["receipt"], b"key")
    changed = {**results["receipt"], "results": "0" * 64}
    assert not receipt.verify(changed, b"key")


def test_a_receipts_seed_gives_the_same_results_again() -> None:
    first = json.loads(grade(SOLUTION, "--json", "-").stdout)["receipt"]
    again = json.loads(grade(SOLUTION, "--json", "-", "--seed", first["seed"]).stdout)["receipt"]
    same = ("seed", "submission", "suite", "results", "versions", "sandbox", "verdict")
    assert {name: first[name] for name in same} == {name: again[name] for name in same}


def test_what_a_student_sees_of_a_hidden_check(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("print('loaded')\n")
    done = grade(tmp_path, "--json", "-", "--audience", "student")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    hidden = [test for test in results["tests"] if test["visibility"] == "hidden"]
    assert hidden
    for test in hidden:
        assert "::" not in test["id"]
        assert test["outcome"] != "passed"
        assert "seconds" not in test
        assert test["hint"]
        assert test["output"].startswith("This check")
    assert "seed" not in results["receipt"]
    assert "CANARY" not in done.stdout
    assert "does not define" in results["output"]


def test_a_rejected_upload_says_why_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "wrk.py").write_text("x = 1\n")
    done = grade(tmp_path, "--json", tmp_path / "out.json")
    assert done.returncode == 1
    assert "work.py" in done.stderr
    assert "Traceback" not in done.stderr
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["verdict"] == "rejected"
    assert "score" not in written


def test_a_submission_that_cannot_be_loaded_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("import os\nos._exit(0)\n")
    done = grade(tmp_path)
    assert done.returncode == 1
    assert "work.py" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["grade"], ["grade", "x", "--sandbox", "chroot"]])
def test_bad_usage_exits_with_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


def test_a_path_or_homework_that_is_not_there_exits_with_2(tmp_path: Path) -> None:
    missing = grade(tmp_path / "nothing.py")
    assert missing.returncode == 2, missing.stderr
    assert "nothing.py" in missing.stderr
    assert "Traceback" not in missing.stderr
    done = grade(SOLUTION, homework=tmp_path / "hw9")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_host_without_the_sandbox_exits_with_3_and_the_remedy() -> None:
    done = run(
        "grade", "--assignment", HOMEWORK, "--sandbox", "docker", SOLUTION,
        DOCKER_HOST="unix:///nonexistent.sock",
    )  # fmt: skip
    assert done.returncode == 3
    assert "dockerd" in done.stderr or "Docker" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_names_what_the_host_can_do() -> None:
    done = run("doctor")
    for word in ("docker", "bubblewrap", "process", "gpu"):
        assert word in done.stdout
