"""`python -m web.rendering`: write `web/static/web/code.css` anew."""

from __future__ import annotations

from web.rendering.code_css import CODE_CSS, code_css

if __name__ == "__main__":
    CODE_CSS.write_text(code_css(), encoding="utf-8")
    print(f"{CODE_CSS} is written.")
