"""Whatever a stranger writes, a page is made, and nothing in it runs or loads."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.rendering.hostile import FRAGMENTS, KINDS, notebooks, texts
from tests.web.rendering.pages import inspect
from web.rendering import decode, render_code, render_markdown, render_notebook

slow = settings(deadline=None, max_examples=150)


def test_all_hostile_fragments_together() -> None:
    inspect(render_markdown("\n\n".join(FRAGMENTS)))
    inspect(render_code("\n".join(FRAGMENTS), name="a.py"))


def displayed(kind: str, text: str) -> bytes:
    """A notebook whose only cell displays a text."""
    output = {"output_type": "display_data", "data": {kind: text}}
    cell = {"cell_type": "code", "source": "x", "outputs": [output]}
    return json.dumps({"nbformat": 4, "cells": [cell]}).encode()


@pytest.mark.parametrize("fragment", FRAGMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_hostile_fragment_as_an_output(kind: str, fragment: str) -> None:
    inspect(render_notebook(displayed(kind, f"shown {fragment}")))


@given(kind=st.sampled_from(KINDS), text=texts)
@slow
def test_any_output(kind: str, text: str) -> None:
    inspect(render_notebook(displayed(kind, text)))


@given(text=texts, name=texts, prefix=st.sampled_from(["", "a-"]))
@slow
def test_any_code(text: str, name: str, prefix: str) -> None:
    inspect(render_code(text, name=name, language="python", prefix=prefix))
    inspect(render_code(text, name=name, prefix=prefix))


@given(text=texts)
@slow
def test_any_markdown(text: str) -> None:
    inspect(render_markdown(text))


@given(data=notebooks)
@slow
def test_any_notebook(data: bytes) -> None:
    inspect(render_notebook(data))


@given(data=st.binary())
@slow
def test_any_bytes(data: bytes) -> None:
    inspect(render_notebook(data))
    inspect(render_code(decode(data), name="a.py"))
