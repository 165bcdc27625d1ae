"""What each seed says of the server, through HTTP and the socket, on one process and on two (`doors`, `people`)."""

from tests.folder_servers import cluster, doors, people, server

__all__ = ["cluster", "doors", "people", "server"]  # fixtures of this folder
