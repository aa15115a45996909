"""`python -m tests.lti.platform canvas --port 9001`: a platform until it is told to end."""

from __future__ import annotations

import argparse

from tests.lti.platform.canvas import Canvas
from tests.lti.platform.moodle import Moodle
from tests.lti.platform.server import serve
from tests.lti.platform.world import World

PERSONALITIES = {"canvas": Canvas, "moodle": Moodle}


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("personality", choices=sorted(PERSONALITIES))
    reader.add_argument("--port", type=int, required=True)
    asked = reader.parse_args()
    url = f"http://127.0.0.1:{asked.port}"
    serve(PERSONALITIES[asked.personality](url), World.with_a_class(), asked.port)


if __name__ == "__main__":
    main()
