"""The canary: one string that stands in everything that no student may ever see.

It is written into the hidden checks, the reference solution and the environment of the grader
that the hostile list runs in. Hostile submissions hunt for it by its pattern; if one of them finds
it anywhere, it says so in everything that a student is shown, and the tests look for it there.
"""

from __future__ import annotations

from typing import Final

CANARY: Final = "SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"

CANARY_VARIABLE: Final = "SANDGLASS_HOSTILE_CANARY"
"""The environment variable that carries it where the grader is started."""
