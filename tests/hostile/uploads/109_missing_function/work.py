from honest import *

del slug
