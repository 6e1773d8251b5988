"""JSON lines on standard output, for our own code and for libraries; the text of an exception never gets in."""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

_FRAMES = 12
_DEPTH = 5


def configure(service: str, component: str, site: str, stream: TextIO | None = None) -> None:
    """Sends the logs of the process to one place. Call it once, first of all.

    Args:
        service: folder name below `services/`.
        component: `api`, `worker` or the command that runs.
        site: code of the site that the stack serves.
        stream: where the lines go; None is standard output.
    """

    def origin(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"], event["component"], event["site"] = service, component, site
        return event

    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        origin,
        trace_ids,
        exceptions_without_text,
    ]
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.addFilter(arguments_without_exceptions)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=_opaque, ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # Every poll of a consumer and every request would be a line.
    for name in ("aiokafka", "aiohttp.access", "uvicorn", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def trace_ids(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Adds the ids of the current span."""
    current = trace.get_current_span().get_span_context()
    if current.is_valid:
        event["trace_id"] = trace.format_trace_id(current.trace_id)
        event["span_id"] = trace.format_span_id(current.span_id)
    return event


def exceptions_without_text(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keeps the class, the SQLSTATE and the frames of an exception: its text may carry a row of the database."""
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if found:
        error = found if isinstance(found, BaseException) else None
        if error is None:
            error = found[1] if isinstance(found, tuple) else sys.exc_info()[1]
        if error is not None:
            event["exception"] = [_described(link) for link in _chain(error)]
    for key, value in event.items():
        event[key] = _named(value)
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(_DEPTH):
        if link is None:
            return
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        described["sqlstate"] = state
    return described


def arguments_without_exceptions(record: logging.LogRecord) -> bool:
    """A logging filter that lets everything through, after taking exceptions' texts out of a library's message."""
    if isinstance(record.msg, BaseException):
        record.msg = type(record.msg).__name__
    if record.name == "asyncio":
        # It writes the exception's text into the message itself: "Task exception was never retrieved\nfuture: …".
        record.msg = str(record.msg).partition("\n")[0].partition("(")[0].strip()
        record.args = ()
    if isinstance(record.args, tuple):
        record.args = tuple(map(_named, record.args))
    elif isinstance(record.args, Mapping):
        record.args = {key: _named(value) for key, value in record.args.items()}
    return True


def _named(value: object) -> object:
    return type(value).__name__ if isinstance(value, BaseException) else value


def _opaque(value: object) -> str:
    """What JSON cannot hold: only plain values tell what they are, objects their class."""
    return str(value) if type(value).__module__ in {"uuid", "datetime", "decimal", "pathlib"} else type(value).__name__
