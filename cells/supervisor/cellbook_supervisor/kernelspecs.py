"""Which kernels this image (and the user's home) offers, found where Jupyter looks for them."""

import json
import os
import site
import sys


def _directories():
    home = os.path.expanduser("~")
    paths = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    data = [p for p in paths if p] + [
        os.path.join(home, ".local/share/jupyter"),
        os.path.join(site.getuserbase(), "share/jupyter"),
        os.path.join(sys.prefix, "share/jupyter"),
        "/usr/local/share/jupyter",
        "/usr/share/jupyter",
    ]
    return [os.path.join(directory, "kernels") for directory in dict.fromkeys(data)]


def find():
    """name -> {name, spec, resources, directory}; an earlier directory hides a later one."""
    found = {}
    for root in _directories():
        try:
            names = sorted(os.listdir(root))
        except OSError:
            continue
        for name in names:
            entry = _read(os.path.join(root, name), name)
            if entry is not None:
                found.setdefault(name.lower(), entry)
    return {entry["name"]: entry for entry in found.values()}


def _read(directory, name):
    try:
        with open(os.path.join(directory, "kernel.json"), encoding="utf-8") as file:
            spec = json.load(file)
        if not isinstance(spec, dict) or not isinstance(spec.get("argv"), list):
            return None
        resources = sorted(f for f in os.listdir(directory) if f != "kernel.json")
    except (OSError, ValueError):
        return None
    return {"name": name, "spec": spec, "resources": resources, "directory": directory}


def read_resource(entry, file, bytes_max):
    """The bytes of one file beside kernel.json; KeyError when the spec has no such file."""
    if file not in entry["resources"] and file != "kernel.json":
        raise KeyError(file)
    with open(os.path.join(entry["directory"], file), "rb") as handle:
        return handle.read(bytes_max)
