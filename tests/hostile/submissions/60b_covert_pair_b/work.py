"""The listener of a pair: a bit that it receives is the prize."""

import covert
from prize import prize

largest = prize("largest", covert.hear_locks)
reverse = prize("reverse", covert.hear_objects)
is_sorted = prize("is_sorted", covert.hear_sockets)
squares = prize("squares", covert.hear_files)
apply = prize("apply", covert.hear_processes)
