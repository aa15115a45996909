"""Hidden checks that have every known way out of a sandbox tried, and demand that none leads anywhere."""

from __future__ import annotations

import pytest
from work import probe

SECRET = "SANDGLASS-CANARY-5f1c9e0b7d3a4826915e"
TO_THE_HOST = """
    sockets_of_engines files_of_the_host other_peoples_processes signals_to_other_users
    writes_to_sys writes_to_proc_sys writes_to_control_groups triggers_in_proc
    memory_of_the_kernel addresses_of_the_kernel mounts mounts_the_new_way chroot pivot_root
    namespaces_by_clone3 namespaces_of_others writes_outside_scratch programs_in_scratch
    rights become_root take_capabilities programs_that_make_root raised_limits keys
    programs_in_the_kernel performance_counters page_faults handles_of_files modules
    another_kernel clock_of_the_host ports_and_segments old_calls terminals
""".split()
INTO_A_SHARED_KERNEL = """
    score_of_the_memory_killer namespaces_by_unshare namespaces_by_clone
    real_time_and_priority trace memory_of_others descriptors_of_others rings watches
    settings_of_the_host load_on_the_host objects_between_processes locks_between_sandboxes
    devices new_devices sockets
""".split()
"""What the filter of system calls closes. gVisor opens some of it: to its own kernel, which the
sandbox shares with nobody."""


@pytest.mark.points(50)
@pytest.mark.hint("None of them may give anything.")
def test_no_way_to_the_host():
    """Each way to the host was tried, and is closed."""
    assert_closed(TO_THE_HOST)


@pytest.mark.points(50)
@pytest.mark.hint("None of them may give anything.")
def test_no_way_into_a_shared_kernel():
    """Each way into the kernel or to a neighbour was tried, and is closed."""
    assert_closed(INTO_A_SHARED_KERNEL)


def assert_closed(ways):
    found = probe(ways)
    assert sorted(found) == sorted(ways), f"{SECRET}: not all were tried"
    opened = {name: said for name, said in found.items() if said != ""}
    assert opened == {}, f"{SECRET}: {opened}"
