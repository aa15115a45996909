"""The command `sandglass`: proves and grades homeworks here, and speaks with a service."""
