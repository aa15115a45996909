"""What strangers wrote, as HTML that is safe to show: code, notebooks and Markdown.

Each function returns a fragment and never raises for bad input: what cannot be shown is named in a
sentence. A fragment needs `web/code.css` and `web/rendering.css`, loads nothing from another host,
and holds no script, no inline style and no id but the anchors of its lines and cells.
"""

from __future__ import annotations

from web.rendering.code import render_code
from web.rendering.markdown import render_line, render_markdown
from web.rendering.notebook import render_notebook
from web.rendering.text import decode

__all__ = ["decode", "render_code", "render_line", "render_markdown", "render_notebook"]
