"""Small blocking HTTP calls to processes of this machine, past any proxy."""

import http.client
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from deploy.local.machine import Failed


def ask(method: str, url: str, *, form: Mapping[str, str] | None = None, timeout: float = 10.0) -> Any:
    """The JSON answer to a request; raises Failed for any status but a success."""
    status, body = _exchange(method, url, form, timeout)
    if status not in range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES):
        raise Failed(f"{method} {url} answered {status}")
    return json.loads(body)


def answers(url: str) -> bool:
    """True if a GET is answered with 200; False for anything else, also if nobody listens."""
    try:
        return _exchange("GET", url, None, 2.0)[0] == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _exchange(method: str, url: str, form: Mapping[str, str] | None, timeout: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        headers = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, None if form is None else urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
