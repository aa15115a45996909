"""Ways to run a process that is kept from everything else. `base` is their one interface."""
