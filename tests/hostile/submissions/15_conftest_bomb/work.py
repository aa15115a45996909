"""Brings a file for every name that Python or pytest picks up by itself."""

import numpy  # the shadow, if the student's folder comes first
import random

from wrong import *  # noqa: F403
