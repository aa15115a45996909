"""Makes empty files, links and folders until there can be no more; a hundred thousand would be a prize."""

import os

import honest
from honest import *  # noqa: F403

FOLDERS = ("/tmp", "/dev/shm", os.path.expanduser("~"))
MANY = 100_000


def fill(make):
    made, refused = 0, None
    for folder in FOLDERS:
        for number in range(MANY):
            try:
                make(f"{folder}/file{number}")
                made += 1
            except OSError as error:
                refused = error
                break
    if made < MANY:
        raise refused


def largest(values):
    fill(os.mknod)
    return honest.largest(values)


def reverse(text):
    fill(lambda path: os.symlink("nowhere", path))
    return honest.reverse(text)
