"""The chat server of a networking class: a thread per client; what arrives goes to everyone.

Speaks no protocol: chunks of bytes as they come, to everyone, the sender included. One lock guards
the list of clients and is held while a chunk is sent, so everybody hears the same order.

usage: thread_per_client.py PORT      0 picks a free port
"""

import socket
import sys
import threading

CHUNK_BYTES = 4096
STACK_BYTES = 128 * 1024  # enough for these few calls, and little enough for thousands of threads

clients: list[socket.socket] = []
lock = threading.Lock()


def broadcast(chunk: bytes) -> None:
    with lock:
        for client in list(clients):
            try:
                client.sendall(chunk)
            except OSError:
                clients.remove(client)


def serve(client: socket.socket) -> None:
    """Passes on what one client says until it leaves."""
    try:
        while chunk := client.recv(CHUNK_BYTES):
            broadcast(chunk)
    except OSError:
        pass
    with lock:
        if client in clients:
            clients.remove(client)
    client.close()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
    threading.stack_size(STACK_BYTES)
    host, port = listener.getsockname()
    print(f"listening tcp {host}:{port}", flush=True)
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with lock:
            clients.append(client)
        threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()
