"""The road of one submission, a file for each stage. No stage calls another.

`hand_in` knows the order before the queue, `grade` the order after it, `extend` what a later
deadline changes, `retry` what follows a fault that is mended; `sweep` repairs.
"""
