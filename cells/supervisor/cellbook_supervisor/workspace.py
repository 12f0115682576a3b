"""What everything started inside shares: environment and working directory."""

import os
import sys


def base_environment():
    return dict(os.environ)


def replace_environment(environment):
    """The sandbox's own variables, as of its last start or restore: for what starts from now on."""
    os.environ.clear()
    os.environ.update({str(name): str(value) for name, value in environment.items()})


def kernel_environment(kernel_id, spec, secrets, environment):
    """The sandbox's, then the kernelspec's, then the user's secrets, then what the cell asked for this kernel."""
    own = spec.get("env") if isinstance(spec.get("env"), dict) else {}
    added = {str(name): str(value) for name, value in [*own.items(), *secrets.items(), *environment.items()]}
    return {**base_environment(), **added, "CELLBOOK_KERNEL_ID": kernel_id}


def make_place_for_packages(environment):
    """Python looks for the user's packages only where there was a folder when it started: the first `pip install`
    of all is to be found by the kernel that it is run in."""
    base = environment.get("PYTHONUSERBASE")
    if not base:
        return
    try:
        os.makedirs(os.path.join(base, "lib", "python%d.%d" % sys.version_info[:2], "site-packages"), exist_ok=True)
    except OSError:
        pass  # a full volume, or something else of that name: the kernel runs without


def working_directory(relative):
    """The nearest existing directory of a path below the user's files; never one above them."""
    home = os.path.realpath(os.path.expanduser("~"))
    path = os.path.normpath(os.path.join(home, relative.lstrip("/")))
    while path.startswith(home + "/") and not os.path.isdir(path):
        path = os.path.dirname(path)
    return path if path.startswith(home + "/") and os.path.isdir(path) else home
