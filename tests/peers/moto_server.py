"""moto's server (PyPI) on a free port, one request at a time, so that what it checks and what it then does are one step.

It says where it listens as one line of JSON on standard error.
"""

import json
import sys
import threading

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

TURN = threading.Lock()
APPLICATION = DomainDispatcherApplication(create_backend_app)


def one_at_a_time(environment, start_response):
    """Answers a request whole before the next one begins."""
    with TURN:
        return list(APPLICATION(environment, start_response))


SERVER = make_server(
    "127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=MotoRequestHandler
)
print(json.dumps({"address": f"http://127.0.0.1:{SERVER.port}"}), file=sys.stderr, flush=True)
SERVER.serve_forever()
