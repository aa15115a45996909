import tensorflow
from honest import *
