"""Holds packaging/kubernetes/ against the schemas of Kubernetes and against what it promises.

    python3 tests/tools/kubernetes.py [--metas FILE]

The schemas come with kubernetes-validate; nothing is fetched. Beyond them: no container has more
rights than it needs, every volume is there, and the command lines are ones that metas takes.
"""

import argparse
import pathlib
import re
import subprocess
import sys

import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# From the oldest with backoffLimitPerIndex beyond alpha to the newest that is known.
VERSIONS = ["1.29", "1.37"]


def documents():
    for path in sorted((ROOT / "packaging/kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path.name, document


def faults_of_schema(document):
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{version}: {error}"


def faults_of_pod(pod):
    own = pod.get("securityContext", {})
    if not own.get("runAsNonRoot") or not own.get("runAsUser"):
        yield "runs as root"
    if own.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "is given a token of the cluster"
    volumes = {volume["name"] for volume in pod["volumes"]}
    mounted = set()
    for container in pod.get("initContainers", []) + pod["containers"]:
        name = container["name"]
        rights = container.get("securityContext", {})
        wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        if rights != wanted:
            yield f"{name}: {rights} in place of {wanted}"
        for bound in ("requests", "limits"):
            if not {"cpu", "memory"} <= set(container.get("resources", {}).get(bound, {})):
                yield f"{name}: no {bound} of cpu and memory"
        if container["image"].endswith(":latest") or ":" not in container["image"]:
            yield f"{name}: an image without a version"
        mounted |= {mount["name"] for mount in container["volumeMounts"]}
    if mounted != volumes:
        yield f"volumes and mounts differ: {mounted ^ volumes}"


def faults_of_places(container):
    """The addresses hold passwords: they come from a secret, and may be left out."""
    named = {entry["name"]: entry for entry in container.get("env", [])}
    for name, key in (("METAS_LEDGER", "ledger"), ("METAS_STORE", "store")):
        wanted = {"secretKeyRef": {"name": "metas-places", "key": key, "optional": True}}
        if named.get(name, {}).get("valueFrom") != wanted:
            yield f"{container['name']}: {name} is {named.get(name)}"


def faults_of_command(container, metas):
    command, *words = [re.sub(r"\$\(\w+\)", "0", word) for word in container["args"]]
    # No home is there: a command line that cannot be read ends with 2 before that is noticed.
    ran = subprocess.run([metas, command, *words], capture_output=True, text=True, cwd="/", env={})
    if ran.returncode == 2:
        yield f"{container['name']}: {ran.stderr}"


def pods(document):
    if document["kind"] == "CronJob":
        yield document["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metas", type=pathlib.Path)
    wanted = parser.parse_args()
    bad, kinds = [], []
    metas = wanted.metas and wanted.metas.resolve()
    for name, document in documents():
        kinds.append(document["kind"])
        place = f"{name}: {document['kind']} {document['metadata']['name']}"
        faults = list(faults_of_schema(document))
        for pod in pods(document):
            faults += faults_of_pod(pod)
            for container in pod.get("initContainers", []) + pod["containers"]:
                if container["args"][0] in ("run", "metrics"):
                    faults += faults_of_places(container)
                if metas and container["name"] == "metas":
                    faults += faults_of_command(container, metas)
        bad += [f"{place}: {fault}" for fault in faults]
    print("\n".join([*bad, f"{len(kinds)} objects against Kubernetes {' and '.join(VERSIONS)}, {len(bad)} faults"]))
    return 1 if bad or len(kinds) < 7 else 0


if __name__ == "__main__":
    # A validator that takes anything is none.
    wrong = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "x"}, "spec": {"schedul": "* * * * *"}}
    assert list(faults_of_schema(wrong)), "the validator takes what is wrong"
    sys.exit(main())
