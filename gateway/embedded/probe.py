"""Two questions to a store server over its Unix socket, before there is a client."""

import socket
from pathlib import Path


def server_pid(path: Path) -> int:
    """0 when nothing answers there."""
    for line in ask(path, b"INFO server").splitlines():
        if line.startswith(b"process_id:"):
            return int(line.partition(b":")[2])
    return 0


def ask(path: Path, command: bytes) -> bytes:
    """One inline command's answer, b"" when there is none."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            connection.connect(str(path))
            connection.sendall(command + b"\r\n")
            answer = connection.recv(65536)
            while not answer.endswith(b"\r\n"):
                if not (more := connection.recv(65536)):
                    break
                answer += more
            return answer
    except OSError:
        return b""
