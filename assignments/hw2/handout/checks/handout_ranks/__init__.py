"""The fixture `ranks` on your own machine: real processes, joined by PyTorch's gloo.

Each rank is a process. Its process group tells the one that checks what is sent and where it
waits; so messages are counted, and ranks that wait for one another are found. When you submit,
the same check runs in the service, with another network between the ranks.
"""
