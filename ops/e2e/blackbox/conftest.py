"""jupyter_server's own REST tests against a server that is already running somewhere.

The tests reach their server through fixtures; here those fixtures speak over the wire. From the environment:
EXT_URL the workspace's URL, EXT_TOKEN a token for it, EXT_ROOT its files as a folder on this machine, EXT_REPORT
a file that gets one line of JSON per test. What a test asks of the server object itself is refused with an
AttributeError: such a test looks inside, and the list of expected ids does not have it.
"""

import json
import os
import pathlib
import shutil
import urllib.parse
from types import SimpleNamespace

import pytest
import requests
import tornado.httpclient
import tornado.websocket
from jupyter_server.utils import url_path_join
from tornado.escape import url_escape

from upstream import contents, dirs, folders  # noqa: F401  (fixtures of their own conftest)

BASE = os.environ["EXT_URL"].rstrip("/")
ROOT = pathlib.Path(os.environ["EXT_ROOT"])
HEADERS = {"Authorization": f"token {os.environ['EXT_TOKEN']}"}
URL = urllib.parse.urlparse(BASE)
PATH = f"{URL.path}/"
TIMEOUT_S = 60


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        with open(os.environ["EXT_REPORT"], "a", encoding="utf-8") as file:
            line = {"id": report.nodeid, "outcome": report.outcome, "detail": str(report.longrepr or "")[-2000:]}
            file.write(json.dumps(line) + "\n")


def pytest_collection_modifyitems(items):
    # Theirs allow ten seconds, meant for a server in the same process; a deadline here only tells a hang.
    for item in items:
        item.add_marker(pytest.mark.timeout(120), append=False)


def _url(parts, params, scheme):
    path = url_path_join(PATH, url_escape(url_path_join(*parts), plus=False))
    return urllib.parse.urlunparse((scheme, URL.netloc, path, "", urllib.parse.urlencode(params or {}), ""))


@pytest.fixture
def jp_base_url():
    return PATH


@pytest.fixture
def jp_auth_header():
    return dict(HEADERS)


@pytest.fixture
def jp_root_dir():
    def wipe():
        for child in ROOT.iterdir():
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()

    wipe()
    yield ROOT
    wipe()


@pytest.fixture
def contents_dir(jp_root_dir):
    return jp_root_dir


@pytest.fixture
def jp_kernelspecs():
    pytest.skip("installs kernelspecs into the server's own environment")


@pytest.fixture
def jp_serverapp():
    return SimpleNamespace(
        base_url=PATH,
        kernel_manager=SimpleNamespace(use_pending_kernels=False),
        contents_manager=SimpleNamespace(allow_hidden=False),
    )


@pytest.fixture
def jp_fetch():
    def fetch(*parts, headers=None, params=None, **kwargs):
        client = tornado.httpclient.AsyncHTTPClient()
        url = _url(parts, params, URL.scheme)
        return client.fetch(url, headers={**HEADERS, **(headers or {})}, request_timeout=TIMEOUT_S, **kwargs)

    return fetch


@pytest.fixture
def jp_ws_fetch():
    def connect(*parts, headers=None, params=None, **kwargs):
        url = _url(parts, params, "wss" if URL.scheme == "https" else "ws")
        request = tornado.httpclient.HTTPRequest(
            url, headers={**HEADERS, **(headers or {})}, connect_timeout=TIMEOUT_S
        )
        return tornado.websocket.websocket_connect(request)

    return connect


@pytest.fixture(autouse=True)
def _nothing_left_running():
    yield
    for kind in ("sessions", "kernels"):
        for model in requests.get(f"{BASE}/api/{kind}", headers=HEADERS, timeout=TIMEOUT_S).json():
            requests.delete(f"{BASE}/api/{kind}/{model['id']}", headers=HEADERS, timeout=TIMEOUT_S)
