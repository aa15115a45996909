"""The images that Docker sandboxes run, and the system call policy of every sandbox."""
