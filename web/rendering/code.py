"""Source code with colours, line numbers and an anchor for each line."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import JsonLexer, PythonLexer, TextLexer

from web.rendering.text import is_blank, notice, printable

MAX_CHARACTERS = 200_000
MAX_LINES = 5_000
MAX_LINE = 2_000
_KEEP_LINES = {"stripnl": False, "stripall": False, "ensurenl": True}
_PYTHON = PythonLexer(**_KEEP_LINES)
_PLAIN = TextLexer(**_KEEP_LINES)
# A closed list: a lexer that nobody needs is one more set of patterns to attack.
_LEXERS: dict[str, Lexer] = {
    "json": JsonLexer(**_KEEP_LINES),
    **dict.fromkeys(("py", "pyi", "python", "python3", "ipython", "ipython3"), _PYTHON),
}
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def render_code(
    source: str, *, name: str, language: str | None = None, prefix: str = ""
) -> SafeString:
    """Show a file with numbered lines; line 12 has the id `{prefix}L12`.

    name: the file's name, for screen readers and, where no language is given, for the colours
    language: such as "python"; a language that is not known is shown without colours
    prefix: makes the ids of two files on one page differ
    """
    lines, notices = _cut(printable(source))
    if is_blank(source):
        return notice("There is no code here: the text is empty.")
    html = _coloured_lines("\n".join(lines), language or _suffix(name))
    body = "".join(_line(number, line, prefix) for number, line in enumerate(html, start=1))
    return format_html(
        '<div class="code" role="group" aria-label="{}" tabindex="0">'
        "<pre><code>{}</code></pre></div>{}",
        printable(name),
        mark_safe(body),  # noqa: S308 - Pygments has escaped each token
        mark_safe("".join(map(notice, notices))),  # noqa: S308 - made of notices alone
    )


def coloured(source: str, language: str) -> SafeString:
    """A piece of code as spans with the classes of `code.css`, one line of HTML for each line."""
    lines, _ = _cut(source)
    html = "\n".join(_coloured_lines("\n".join(lines), language))
    return mark_safe(html)  # noqa: S308 - Pygments has escaped each token


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.removeprefix(".").lower()


def _coloured_lines(source: str, language: str) -> list[str]:
    html = highlight(f"{source}\n", _LEXERS.get(language.lower(), _PLAIN), _FORMATTER)
    return html.removesuffix("\n").split("\n")


def _line(number: int, html: str, prefix: str) -> str:
    anchor = f"{escape(prefix)}L{number}"
    return (
        f'<span class="line" id="{anchor}"><a class="line-number" href="#{anchor}" '
        f'data-line="{number}" tabindex="-1" aria-hidden="true"></a>{html}\n</span>'
    )


def _cut(text: str) -> tuple[list[str], list[str]]:
    """Cut to the limits. Return the lines, and a sentence for each limit that was passed."""
    notices = []
    # Spaces at the end of lines go: blank lines of spaces make Pygments' time quadratic.
    lines = [line.rstrip() for line in text[:MAX_CHARACTERS].removesuffix("\n").split("\n")]
    if len(text) > MAX_CHARACTERS or len(lines) > MAX_LINES:
        lines = lines[:MAX_LINES]
        notices.append(
            f"Only the first {len(lines):,} lines are shown, because the file is very long. "
            "Download it to see all of it."
        )
    if any(len(line) > MAX_LINE for line in lines):
        notices.append(
            f"Lines of more than {MAX_LINE:,} characters are cut here. Download the file to see "
            "them whole."
        )
    return [line[:MAX_LINE].rstrip() for line in lines], notices
