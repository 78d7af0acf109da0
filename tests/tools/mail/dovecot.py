"""Dovecot as an ordinary user, serving the Maildirs below one folder over IMAP."""

import os
import pathlib
import pwd
import grp
import shutil
import socket
import subprocess
import time

PASSWORD = "imap"

CONFIGURATION = """
base_dir = {run}/base
state_dir = {run}/state
log_path = {run}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{maildir}/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={run}/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """`with Dovecot(run_folder, maildir) as imap:` — `imap.port`, any user, `PASSWORD`."""

    def __init__(self, run, maildir, port):
        self.run, self.maildir, self.port = pathlib.Path(run), pathlib.Path(maildir), port
        self.binary = shutil.which("dovecot") or "/usr/sbin/dovecot"
        # Started by root, as in a container, it runs as nobody.
        self.uid = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else os.getuid()
        self.gid = pwd.getpwuid(self.uid).pw_gid

    def __enter__(self):
        self.run.mkdir(parents=True)
        self.maildir.mkdir(parents=True, exist_ok=True)
        file = self.run / "dovecot.conf"
        file.write_text(
            CONFIGURATION.format(
                run=self.run, maildir=self.maildir, port=self.port, password=PASSWORD,
                user=pwd.getpwuid(self.uid).pw_name, group=grp.getgrgid(self.gid).gr_name,
                uid=self.uid, gid=self.gid,
            )
        )
        options = {}
        if os.getuid() == 0:
            for folder in (self.run, self.maildir):
                give(folder, self.uid, self.gid)
            options = {"user": self.uid, "group": self.gid, "extra_groups": []}
        self.process = subprocess.Popen([self.binary, "-F", "-c", file], **options)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        log = self.run / "log"
        self.__exit__()
        raise RuntimeError(f"dovecot does not listen:\n{log.read_text() if log.exists() else ''}")

    def adopt(self):
        """Lets Dovecot read what was filed since."""
        if os.getuid() == 0:
            give(self.maildir, self.uid, self.gid)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def give(folder, uid, gid):
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, gid)
