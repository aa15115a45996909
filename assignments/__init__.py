"""Course content: homework folders, their loader, the triage of uploads, the build and the gate."""
