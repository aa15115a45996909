"""What an ASGI server runs: `uvicorn web.asgi:application`."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from web.arrival import with_arrival

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")

application = with_arrival(get_asgi_application(), settings.SANDGLASS_UPLOAD_BYTES)
