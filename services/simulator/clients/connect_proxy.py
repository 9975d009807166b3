"""A proxy that takes every CONNECT to one address: what HTTPS_PROXY points at, so that a client with X's host fixed
reaches the simulator as it is."""

import socket
import threading


def _pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def _serve(client, target):
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 65536:
        data = client.recv(4096)
        if not data:
            return
        head += data
    if not head.startswith(b"CONNECT "):
        client.close()
        return
    upstream = socket.create_connection(target)
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    threading.Thread(target=_pump, args=(client, upstream), daemon=True).start()
    _pump(upstream, client)


def start(target):
    """Listens on this machine and returns the proxy's address; target is host and port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, target), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return "http://127.0.0.1:%d" % listener.getsockname()[1]
