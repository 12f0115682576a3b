"""Inside a kernel that was nobody's: whose it is now, or why it cannot be theirs.

What a Python process has settled at its start (paths, imported packages, IPython's profile, how many threads
numpy uses) must be what it would have settled for its user; otherwise a new kernel is started instead. Runs in
the main thread of an idle kernel.
"""

import os
import site
import sys

# read by the interpreter or by packages when they start
_SETTLED = ("PYTHON", "LD_", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "IPYTHON", "JUPYTER_", "MPL", "TZ", "LANG", "LC_")
_PROFILE = "profile_default"


def claim(told, started_with):
    """None when this kernel is the user's from now on, otherwise why not."""
    environment = told["environment"]
    problem = _settled_otherwise(environment, started_with) or _own_profile() or _own_packages()
    if problem is not None:
        return problem
    for name in started_with:
        os.environ.pop(name, None)
    os.environ.update(environment)
    os.chdir(told["directory"])
    if os.path.isdir(site.getusersitepackages()):
        site.addsitedir(site.getusersitepackages())
    _begin_session()
    return None


def _settled_otherwise(environment, started_with):
    before = {name: value for name, value in started_with.items() if name != "IPYTHONDIR"}
    for name in sorted({*environment, *before}):
        if name.startswith(_SETTLED) and environment.get(name) != before.get(name):
            return "%s is another" % name
    return None


def _ipython_directory():
    return os.path.join(os.path.expanduser("~"), ".ipython")


def _own_profile():
    profile = os.path.join(_ipython_directory(), _PROFILE)
    try:
        startup = os.listdir(os.path.join(profile, "startup"))
    except OSError:
        startup = []
    found = [*startup, *(name for name in _listed(profile) if name.endswith(("_config.py", "_config.json")))]
    return "the user has a profile of IPython" if any(name.endswith((".py", ".ipy", ".json")) for name in found) else None


def _own_packages():
    """One of the user's packages that this process would have imported instead, or that acts at each start."""
    for name in _listed(site.getusersitepackages()):
        top = name.partition(".")[0]
        if name.endswith(".pth") or top in ("sitecustomize", "usercustomize") or top in sys.modules:
            return "the user has installed %s" % top
    return None


def _listed(directory):
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _begin_session():
    """IPython's history in the user's home, and a session id that no other copy of this process has."""
    from IPython.core.history import HistoryManager
    from IPython.core.profiledir import ProfileDir
    from IPython.utils.path import ensure_dir_exists

    shell = sys.modules["IPython"].get_ipython()
    shell.kernel.session.session = os.urandom(16).hex()
    before = shell.history_manager
    before.save_thread.stop()
    before.db.close()
    shell.ipython_dir = _ipython_directory()
    ensure_dir_exists(shell.ipython_dir)
    profile = ProfileDir.create_profile_dir_by_name(shell.ipython_dir, "default")
    shell.profile_dir = profile
    after = HistoryManager(shell=shell, parent=shell)
    shell.history_manager = after
    shell.configurables[:] = [after if each is before else each for each in shell.configurables]
    names = shell.user_ns
    names["_ih"] = names["In"] = after.input_hist_parsed
    names["_oh"] = names["Out"] = after.output_hist
    names["_dh"] = after.dir_hist
