"""An image for containers (OCI archive) from a folder: one layer, user metas, volume /var/lib/metas.

    python3 packaging/image.py --root FOLDER --version 0.1.0 --out metas.oci.tar

Read by podman, docker load (25 and newer), skopeo and containerd. The time zones and certificates
that a run needs are the host's or a volume's: /etc/ssl/certs. Times are SOURCE_DATE_EPOCH.
"""

import argparse
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import sys
import tarfile

USER = 65532
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
PASSWD = f"root:x:0:0:root:/root:/sbin/nologin\nmetas:x:{USER}:{USER}:metas:/var/lib/metas:/sbin/nologin\n"
GROUP = f"root:x:0:\nmetas:x:{USER}:\n"


def entry(name: str, *, mode: int, owner: int = 0, size: int = 0, kind: bytes = tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid, info.size, info.type, info.mtime = mode, owner, owner, size, kind, EPOCH
    return info


def layer(root: pathlib.Path) -> bytes:
    """The files of `root` and what a bare image lacks, as a tar."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        folders = {"etc", "tmp", "var", "var/lib", "var/lib/metas"}
        files = sorted(path for path in root.rglob("*") if path.is_file())
        for path in files:
            folders |= {str(p) for p in path.relative_to(root).parents if str(p) != "."}
        for folder in sorted(folders):
            own = folder == "var/lib/metas"
            mode = {"tmp": 0o1777, "var/lib/metas": 0o750}.get(folder, 0o755)
            tar.addfile(entry(folder, mode=mode, owner=USER if own else 0, kind=tarfile.DIRTYPE))
        for name, text in (("etc/passwd", PASSWD), ("etc/group", GROUP)):
            tar.addfile(entry(name, mode=0o644, size=len(text)), io.BytesIO(text.encode()))
        for path in files:
            about = path.stat()
            info = entry(str(path.relative_to(root)), mode=about.st_mode & 0o777, size=about.st_size)
            with path.open("rb") as content:
                tar.addfile(info, content)
    return raw.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    wanted = parser.parse_args()
    blobs: dict[str, bytes] = {}

    def put(content: bytes, media_type: str) -> dict:
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    files = layer(wanted.root)
    packed = put(gzip.compress(files, 6, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip")
    created = datetime.datetime.fromtimestamp(EPOCH, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = {
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "Entrypoint": ["/usr/bin/metas"],
            "Cmd": ["run", "--log-format", "json"],
            "Env": ["METAS_HOME=/var/lib/metas", "PATH=/usr/bin"],
            "Volumes": {"/var/lib/metas": {}},
            "WorkingDir": "/var/lib/metas",
            "Labels": {"org.opencontainers.image.title": "metas", "org.opencontainers.image.version": wanted.version},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(files).hexdigest()}"]},
        "history": [{"created": created, "created_by": "packaging/build"}],
    }
    kind = "application/vnd.oci.image.config.v1+json"
    about = put(json.dumps(config, sort_keys=True).encode(), kind)
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": about,
        "layers": [packed],
    }
    top = put(json.dumps(manifest, sort_keys=True).encode(), manifest["mediaType"])
    top["annotations"] = {"org.opencontainers.image.ref.name": wanted.version}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [top]}
    parts = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index).encode()}
    parts |= {f"blobs/sha256/{digest}": content for digest, content in sorted(blobs.items())}
    with tarfile.open(wanted.out, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in parts.items():
            tar.addfile(entry(name, mode=0o644, size=len(content)), io.BytesIO(content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
