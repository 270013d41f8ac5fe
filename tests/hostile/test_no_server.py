"""Nothing of pochade opens a port or calls anybody: everything it does with a folder's model stays in the process."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys, traceback
calls = []
def seen(event, arguments):  # urllib3 binds a socket when it is imported, to see whether there is IPv6
    if event in {"socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
                 "socket.gethostbyname", "urllib.Request", "http.client.connect", "ssl.connect"}:
        if not any("urllib3" in line.filename for line in traceback.extract_stack()):
            calls.append(f"{event}: {arguments!r} " + "".join(traceback.format_stack()[-6:-1]))
sys.addaudithook(seen)
import socket
listen = socket.socket.listen
socket.socket.listen = lambda self, *rest: (calls.append("listen"), listen(self, *rest))
import pochade
from pochade.widgets import protocol as p
with pochade.Session(sys.argv[1], device="cpu") as session:
    studio = session.studio()
    turn = session.generate("a red cat")
    edited = session.edit("a blue dog", image=turn)
    studio._handle_custom_msg({"kind": "hello", "seq": 1, "protocol": p.PROTOCOL}, [])
    assert studio._courier.flush(60)
    states = [pochade.verify(one.png).state for one in (turn, edited)]
    found = len(pochade.find(edited.png))
print(json.dumps({"calls": calls, "states": states, "found": found}))
"""


def test_painting_showing_verifying_and_finding_open_no_port_and_call_nobody(tiny_model, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tiny_model],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        timeout=300,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["calls"] == []
    assert said["states"] == ["trusted", "trusted"]
    assert said["found"] > 0
