from honest import *


def slug():
    return ''


def most_common(words):
    return []
