"""The demo keeps to its own folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.demo.folder import FolderTaken, empty, environment, prepare


def test_a_new_folder(tmp_path: Path) -> None:
    """It is made, and taken again by the next start."""
    folder = tmp_path / "new" / "demo"
    prepare(folder)
    (folder / "sandglass.sqlite3").touch()
    prepare(folder)
    assert {path.name for path in folder.iterdir()} == {"made-by-the-demo", "sandglass.sqlite3"}


def test_the_data_of_another(tmp_path: Path) -> None:
    """Known passwords never get into a real database, and --fresh never empties one."""
    (tmp_path / "sandglass.sqlite3").write_bytes(b"grades")
    with pytest.raises(FolderTaken, match="name another folder with --folder"):
        prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sandglass.sqlite3"]


def test_begin_anew(tmp_path: Path) -> None:
    """All goes but the broker that runs already; a link's target is left alone."""
    demo, other = tmp_path / "demo", tmp_path / "other"
    prepare(demo)
    for name in ("broker/lock", "files/blobs/ab", "sandglass.sqlite3"):
        (demo / name).parent.mkdir(parents=True, exist_ok=True)
        (demo / name).touch()
    other.mkdir()
    (other / "kept").touch()
    (demo / "link").symlink_to(other)
    empty(demo)
    assert {path.name for path in demo.iterdir()} == {"made-by-the-demo", "broker", "incoming"}
    assert (demo / "broker" / "lock").exists()
    assert (other / "kept").exists()


def test_nothing_leads_elsewhere(tmp_path: Path) -> None:
    """Only how submissions are kept apart is taken over."""
    inherited = {
        "PATH": "/bin",
        "SANDGLASS_DATABASE_URL": "postgresql://site/grades",
        "SANDGLASS_S3_BUCKET": "grades",
        "SANDGLASS_DATA": "/srv/site",
        "SANDGLASS_SANDBOX": "bubblewrap",
    }
    own = environment(tmp_path, inherited)
    assert own == {
        "PATH": "/bin",
        "SANDGLASS_SANDBOX": "bubblewrap",
        "SANDGLASS_DATA": str(tmp_path),
    }
    assert environment(tmp_path, own) == own
