"""moto's server (PyPI) on a free port, one request at a time, so that what it checks and what it then does are one step.

An upload of gigabytes needs the memory of its file twice, and the disk once: moto alone needs four times, and twice.
It says where it listens as one line of JSON on standard error.
"""

import base64
import binascii
import json
import sys
import threading

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3 import models
from werkzeug.serving import make_server

TURN = threading.Lock()
APPLICATION = DomainDispatcherApplication(create_backend_app)
JOIN = models.FakeMultipart.complete


class Checksum(models.MultipartChecksumBuilder):
    """The checksum of a whole object from part to part, for which moto joins the parts once more.

    It is CRC-32, which moto takes for CRC-64/NVME where there is no awscrt.
    """

    def __init__(self, algorithm, kind):
        super().__init__(algorithm, kind)
        self.so_far = 0

    def addPart(self, part):
        if self.checksum_type == "COMPOSITE":
            super().addPart(part)
        else:
            self.so_far = binascii.crc32(part, self.so_far)

    def build(self):
        if self.checksum_type == "COMPOSITE":
            return super().build()
        return self.checksum_type, base64.b64encode(self.so_far.to_bytes(4, "big")).decode(), 1


def join_and_forget(upload, parts):
    """Joins an upload's parts, and keeps none: moto keeps them beside the object."""
    joined = JOIN(upload, parts)
    upload.dispose()
    return joined


def one_at_a_time(environment, start_response):
    """Answers a request whole before the next one begins."""
    with TURN:
        return list(APPLICATION(environment, start_response))


models.MultipartChecksumBuilder = Checksum
models.FakeMultipart.complete = join_and_forget
SERVER = make_server(
    "127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=MotoRequestHandler
)
print(json.dumps({"address": f"http://127.0.0.1:{SERVER.port}"}), file=sys.stderr, flush=True)
SERVER.serve_forever()
