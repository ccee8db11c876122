"""Starts mio-chat for irctest (https://github.com/progval/irctest), one server for each test.

`scripts/irctest` runs the suite with this controller. Everything optional that irctest knows of is
declared here, so that what the server lacks fails instead of being skipped.
"""

import hashlib
import os
from pathlib import Path
import shutil
from typing import List, Optional, Type

from irctest import patma
from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.cases import BaseServerTestCase
from irctest.runner import NotImplementedByController
from irctest.specifications import Capabilities, OptionalBehaviors

HOST = "127.0.0.1"
# The suite looks for this name in what it is told.
SERVER_NAME = "My.Little.Server"
OPERATOR, OPERATOR_PASSWORD = "operuser", "operpassword"
MOTD = "Welcome to the tests.\nBe kind."
# Few: clients of the suite wait a second.
PASSWORD_ROUNDS = "5000"

# The one that the UTF8ONLY token excludes.
NOT_OURS = {OptionalBehaviors.NON_UTF8_MESSAGE}


def program() -> Path:
    root = Path(__file__).resolve().parents[2]
    return Path(os.environ.get("MIO_CHAT") or root / "target/debug/mio-chat")


def operator_line() -> str:
    """A line of the file of operators; hashed as "mio-chat hash-password" does, but fast."""
    rounds, salt = 1000, b"irctest"
    hashed = hashlib.pbkdf2_hmac("sha256", OPERATOR_PASSWORD.encode(), salt, rounds)
    return f"{OPERATOR} pbkdf2-sha256:{rounds}:{salt.hex()}:{hashed.hex()}\n"


class MioChatController(BaseServerController, DirectoryBasedController):
    software_name = "mio-chat"
    _port_wait_interval = 0.01
    supported_sasl_mechanisms = {"PLAIN", "SCRAM-SHA-256"}
    supports_sts = True
    extban_mute_char = "m"

    capabilities = frozenset(Capabilities)
    optional_behaviors = frozenset(OptionalBehaviors) - NOT_OURS

    isupport = {
        "ACCOUNTEXTBAN": "a",
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "CHANTYPES": "#",
        "ELIST": "CMNTU",
        "EXCEPTS": patma.ANYOPTSTR,
        "EXTBAN": patma.StrRe(",[am]+"),
        "INVEX": patma.ANYOPTSTR,
        "MONITOR": "100",
        "PREFIX": "(ov)@+",
        "STATUSMSG": "@+",
        "TARGMAX": patma.ANYSTR,
        "UTF8ONLY": None,
        "WHOX": None,
    }

    def supports_cap(self, capability: str) -> bool:
        # Drafts, too: a capability that is refused is a failure.
        return True

    def run(
        self,
        hostname: str,
        port: int,
        *,
        password: Optional[str],
        ssl: bool,
        run_services: bool,
        faketime: Optional[str],
        websocket_hostname: Optional[str] = None,
        websocket_port: Optional[int] = None,
    ) -> None:
        assert self.proc is None
        self.create_config()
        assert self.directory
        self.hostname, self.port = hostname, port

        # The suite would have every address; its clients come from this machine alone.
        flags = ["--tcp", f"{HOST}:{port}", "--udp", f"{HOST}:0"]
        if websocket_port is not None:
            flags += ["--tcp", f"{HOST}:{websocket_port}"]
        flags += ["--server-name", SERVER_NAME, "--motd", MOTD, "--flood", "off"]
        # At the end of a test its clients are there and read nothing.
        flags += ["--drain", "100ms"]
        flags += ["--state", str(self.directory / "state")]
        operators = self.directory / "operators"
        operators.write_text(operator_line())
        flags += ["--operators", str(operators)]
        # Nearly every test of accounts hashes some passwords, with a slow build maybe.
        flags += ["--password-rounds", PASSWORD_ROUNDS]
        flags += self.flags_of_registration()
        if password is not None:
            flags += ["--password", password]
        if ssl:
            self.gen_ssl()
            flags += ["--tls-cert", str(self.pem_path), "--tls-key", str(self.key_path)]
        flags += ["-v"] if self.debug_mode else ["-qq"]

        clock: List[str] = []
        if faketime and shutil.which("faketime"):
            clock = ["faketime", "-f", faketime]
            self.faketime_enabled = True
        # A setting of the tester's own is none of the test's.
        mine = {k: v for k, v in os.environ.items() if not k.startswith("MIO_CHAT")}
        self.proc = self.execute([*clock, program(), *flags], proc_name="mio-chat", env=mine)

    def flags_of_registration(self) -> List[str]:
        flags = []
        if self.test_config.account_registration_before_connect:
            flags += ["--register-before-connect", "on"]
        if self.test_config.account_registration_requires_email:
            flags += ["--register-email", "required"]
        return flags

    def wait_for_services(self) -> None:
        # Accounts are the server's own.
        pass

    def registerUser(
        self, case: BaseServerTestCase, username: str, password: Optional[str] = None
    ) -> None:
        if not case.run_services:
            raise ValueError("a test without services registers nobody")
        assert password
        command = f"REGISTER * * {password}"
        client = case.addClient(show_io=False)
        case.sendLine(client, f"NICK {username}")
        case.sendLine(client, "USER r e g :user")
        while case.getRegistrationMessage(client).command != "001":
            pass
        case.getMessages(client)
        case.sendLine(client, command)
        while True:
            answer = case.getRegistrationMessage(client)
            if answer.command == "417":
                # One test has a password of 592 bytes.
                raise NotImplementedByController("passwords longer than a line")
            if answer.command in ("REGISTER", "FAIL") or answer.command.startswith("4"):
                break
        assert answer.command == "REGISTER" and answer.params[0] == "SUCCESS", answer
        case.sendLine(client, "QUIT")
        case.assertDisconnected(client)


def get_irctest_controller_class() -> Type[MioChatController]:
    return MioChatController
