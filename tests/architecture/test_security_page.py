"""The page that counts what is tried counts what is there."""

from __future__ import annotations

import pytest

from tests.hostile.tell import main


def test_the_security_page_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err
