from .honest import *
