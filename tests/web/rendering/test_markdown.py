"""Markdown and formulas."""

from __future__ import annotations

import time

import pytest

from tests.web.rendering.pages import inspect
from web.rendering import render_markdown
from web.rendering.formulas import render_formula
from web.rendering.markdown import MAX_CHARACTERS

PIXEL = "data:image/png;base64,iVBORw0KGgo="
REL = "noopener noreferrer nofollow"


def test_commonmark_with_tables() -> None:
    html = render_markdown("# A\n\n*b* ~~c~~\n\n| d | e |\n|---|--:|\n| 1 | 2 |\n")

    assert html == (
        "<h1>A</h1>\n<p><em>b</em> <s>c</s></p>\n"
        '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n'
        '<thead>\n<tr>\n<th scope="col">d</th>\n<th scope="col" class="to-right">e</th>\n</tr>\n'
        '</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td class="to-right">2</td>\n</tr>\n'
        "</tbody>\n</table></div>\n"
    )


def test_headings_can_begin_lower() -> None:
    assert render_markdown("# A\n\n##### B", first_heading=3) == "<h3>A</h3>\n<h6>B</h6>\n"


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("[a](https://example.org/x?y=1)", "https://example.org/x?y=1"),
        ("<mailto:ta@example.org>", "mailto:ta@example.org"),
        ("[a](/logout)", None),
        ("[a](//example.org)", None),
        ("[a](data:image/png;base64,AAAA)", None),
        ("[a](ftp://example.org)", None),
    ],
)
def test_links_are_absolute_and_betray_nothing(text: str, href: str | None) -> None:
    expected = {"rel": REL} if href is None else {"href": href, "rel": REL}
    assert inspect(render_markdown(text)).all("a") == [expected]


def test_pictures_are_inside_the_text_or_not_shown() -> None:
    assert render_markdown(f"![a]({PIXEL})") == f'<p><img src="{PIXEL}" alt="a"></p>\n'
    assert render_markdown("![a *b*](https://example.org/x.png)") == (
        '<p><span class="missing">[picture not shown: a b]</span></p>\n'
    )


def test_a_given_picture_is_shown_once() -> None:
    html = render_markdown(
        "![a](attachment:x) ![a](attachment:x)", pictures={"attachment:x": PIXEL}
    )

    assert len(inspect(html).all("img")) == 1


def test_html_is_text() -> None:
    assert render_markdown("<b onclick=x>") == "<p>&lt;b onclick=x&gt;</p>\n"


def test_code_has_colours_where_the_language_is_known() -> None:
    assert {"class": "k"} in inspect(render_markdown("```python\ndef f(): ...\n```")).all("span")
    assert render_markdown("```<b>\ndef\n```") == (
        '<pre class="code" tabindex="0"><code>def</code></pre>\n'
    )


def formulas(text: str) -> list[str]:
    """The kind of each formula."""
    return [math["display"] for math in inspect(render_markdown(text)).all("math")]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("It costs $5 and $10.", []),
        (r"\$a\$", []),
        ("`$a$`", []),
        ("$ a $", []),
        ("$a$5", []),
        ("$a_i$ and $b_i$", ["inline", "inline"]),
        ("so $$a$$ holds", ["block"]),
        ("$$a$$ holds", ["block"]),
        ("$$\na\n=\n\nb\n$$\ntext", ["block"]),
        ("text\n$$a$$\n- $b$\n  $$c$$", ["block", "inline", "block"]),
        ("\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}", ["block"]),
        ("$$\na\n\nb", []),
        ("    $$a$$", []),
        ("$$$$", []),
        ("**$a$**", ["inline"]),
        ("[$a$](https://example.org)", ["inline"]),
    ],
)
def test_dollars(text: str, kinds: list[str]) -> None:
    assert formulas(text) == kinds


def test_a_formula_is_mathml() -> None:
    assert render_formula(r"\frac{a}{b} < c", display=False) == (
        '<math display="inline"><mrow><mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>'
        "<mo>&lt;</mo><mi>c</mi></mrow></math>"
    )


def test_bold_symbols_are_characters_that_every_browser_has() -> None:
    assert inspect(render_formula(r"\boldsymbol{\theta x}", display=False)).text == "𝜽𝒙"


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{",
        r"\def\a{\b\b}\def\b{\c\c}\a",
        r"\newcommand{\R}{\mathbb{R}} \R",
        "x" * 3_000,
        "{" * 1_500 + "}" * 1_500,
    ],
)
def test_a_formula_that_cannot_be_read_is_shown_as_written(latex: str) -> None:
    html = render_formula(latex, display=False)

    assert html == f'<code class="formula">{latex}</code>'


def test_a_formula_cannot_bring_links_styles_or_elements() -> None:
    latex = r"\href{javascript:x}{a}\style{color:red}{b}\class{c}{d}\text{<b>e</b>}\unicode{x3c}"

    page = inspect(render_formula(latex, display=False))

    assert page.all("b") == page.all("a") == []
    assert {name for _, attributes in page.elements for name in attributes} == {"display"}
    assert page.text == "abd<b>e</b><"


def test_long_texts_are_cut_with_a_sentence() -> None:
    assert inspect(render_markdown("a" * (MAX_CHARACTERS + 1))).text == (
        "a" * MAX_CHARACTERS
        + "\nThe rest of this text is too long to be shown here. Download the file."
    )


@pytest.mark.parametrize(
    "text",
    [
        "[" * 30_000,
        "![" * 15_000,
        "[[]" * 10_000,
        "> " * 15_000,
        "*a_" * 10_000,
        "$$a\n" * 7_500,
        "\\begin{a}\n" * 3_000,
        "$a " * 10_000,
        "|a" * 100 + "\n" + "|-" * 100 + "\n" + "a\n" * 14_000,
        "|a\n" * 10_000,
        "a|b\n-|-\n" * 3_500,
        ("|a" * 50 + "\n" + "|-" * 50 + "\n" + "a\n" * 90 + "\n") * 75,
        f"[1]: https://a.b/{'x' * 15_000}\n\n" + "[1]" * 4_900,
    ],
)
def test_no_text_takes_long_or_becomes_huge(text: str) -> None:
    started = time.perf_counter()
    html = render_markdown(text)
    assert time.perf_counter() - started < 5
    assert len(html) < 1_000_000


def test_a_table_has_at_most_200_rows() -> None:
    table = "|a|b|\n|-|-|\n"

    assert len(inspect(render_markdown(table + "|1|2|\n" * 198)).all("tr")) == 199
    assert inspect(render_markdown(table + "|1|2|\n" * 199)).all("tr") == []
