"""Serves HTTP: reads what it is sent and keeps nothing. It answers once it has all, as much of WebDAV as rclone asks for, and 404 otherwise.

It says where it listens on standard error.
"""

import socket
import sys
import threading

PIECE = 1024 * 1024
COLLECTION = "<d:resourcetype><d:collection/></d:resourcetype>"
LENGTHS = {}


def properties(path):
    inner = COLLECTION if path.endswith("/") else f"<d:resourcetype/><d:getcontentlength>{LENGTHS.get(path, 0)}</d:getcontentlength>"
    return (
        f'<d:multistatus xmlns:d="DAV:"><d:response><d:href>{path}</d:href><d:propstat><d:prop>{inner}</d:prop>'
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
    )


def answer(method, path):
    if method == "PROPFIND" and (path.endswith("/") or path in LENGTHS):
        return "207 Multi-Status", properties(path)
    return ("201 Created", "") if method in ("PUT", "MKCOL") else ("404 Not Found", "")


def serve(connection):
    room, begun = memoryview(bytearray(PIECE)), b""
    while True:
        while b"\r\n\r\n" not in begun:
            more = connection.recv(PIECE)
            if not more:
                return
            begun += more
        head, begun = begun.split(b"\r\n\r\n", 1)
        request, *fields = head.decode("latin-1").split("\r\n")
        method, path, _ = request.split(" ")
        headers = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}
        if "transfer-encoding" in headers:
            connection.sendall(b"HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        if "expect" in headers:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        left = int(headers.get("content-length", "0"))
        if method == "PUT":
            LENGTHS[path] = left
        taken = min(left, len(begun))
        begun, left = begun[taken:], left - taken
        while left:
            received = connection.recv_into(room, min(left, PIECE))
            if not received:
                return
            left -= received
        status, body = answer(method, path)
        content = b"" if method == "HEAD" else body.encode()
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)


def one(connection):
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            serve(connection)
        except OSError:
            pass


with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
    print("listening on http://%s:%d" % listener.getsockname(), file=sys.stderr, flush=True)
    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()
