"""The log: one line an event, as logfmt or JSON, whatever a peer, a client or an exception puts into it.

Rule 1: an event is a sentence that is always the same, and fields (`extra`) for what is not.
Rule 2: a value that is no plain word is a JSON string, in logfmt too: ASCII, and free of line breaks.
Rule 3: of a warning or an error that comes again only the first is written. The others are counted, until `sum_up` says
        how many there were: nothing that fails over and over fills a disk, and none of it goes untold.
"""

import json
import logging
import re
import sys
import threading
import time
import traceback
from types import TracebackType

SUM_UP_SECONDS = 60.0
"""How often `Lines.sum_up` is to be called."""

MOST_CHARACTERS = 4096
"""A longer value is cut in its middle: what collects logs cuts lines of 16 KiB apart."""

ACCESS = "gossipcar.access"
"""The logger of requests. Whoever asks for these lines gets them, whatever the level."""

_OWN = "gossipcar."
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
"""What every record has. The rest is the event's fields."""

_WORD = re.compile(r"[!#-<>-\[\]-~]+")

log = logging.getLogger("gossipcar.node")


class Logfmt(logging.Formatter):
    """`name=value` pairs with spaces between them."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={_word(value)}" for name, value in self.fields(record).items())

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        fields: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name.removeprefix(_OWN),
            "msg": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        error = _error_of(record)
        if error:
            fields["error"] = _sentence(error)
            fields["trace"] = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return {name: _plain(value) for name, value in fields.items()}


class Json(Logfmt):
    """An object with the same fields."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.fields(record))


FORMATS = {"logfmt": Logfmt, "json": Json}


class Lines(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes events to standard error, by rule 3."""

    def __init__(self, form: str = "logfmt") -> None:
        super().__init__()
        self.setFormatter(FORMATS[form]())
        self._again: dict[tuple[object, ...], logging.LogRecord | None] = {}
        """By kind of event that was written: the latest that came again, and counts them all."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING or self._is_first(record):
            super().emit(record)

    def sum_up(self) -> None:
        """Tell of what has come again since the last time; what has not, is news when it comes again."""
        self.acquire()
        try:
            again = {kind: latest for kind, latest in self._again.items() if latest}
            self._again = dict.fromkeys(again)
            for latest in again.values():
                then = {name: value for name, value in vars(latest).items() if name not in ("created", "msecs")}
                super().emit(logging.makeLogRecord(then))
        finally:
            self.release()

    def _is_first(self, record: logging.LogRecord) -> bool:
        error = _error_of(record)
        kind = (record.name, str(record.msg), type(error))
        if kind not in self._again:
            self._again[kind] = None
            return True
        said = {"error": _sentence(error), "exc_info": None} if error else {}  # a trace holds on to all it went through
        count = getattr(record, "count", 1) + getattr(self._again[kind], "count", 0)
        vars(record).update(said, count=count)
        self._again[kind] = record
        return False


def begin(level: str, form: str) -> Lines:
    """Log from now on, and have whatever else Python would print to standard error logged as well."""
    lines = Lines(form)
    logging.basicConfig(level=level.upper(), handlers=[lines])
    logging.getLogger(ACCESS).setLevel(logging.INFO)
    logging.raiseExceptions = False  # where the log cannot be written, there is nowhere to say so
    logging.captureWarnings(True)
    sys.excepthook = _log_the_end
    threading.excepthook = lambda ended: _log_the_end(ended.exc_type, ended.exc_value, ended.exc_traceback)
    sys.unraisablehook = lambda failed: log.error("an object could not be ended", exc_info=failed.exc_value)
    return lines


def _log_the_end(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error and not issubclass(kind, SystemExit):
        log.critical("a thread ended by a failure", exc_info=(kind, error, trace))


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _sentence(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _plain(value: object) -> object:
    """A number, or text that is not too long."""
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    half = MOST_CHARACTERS // 2
    return text if len(text) <= MOST_CHARACTERS else f"{text[:half]} ... {text[-half:]}"


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else json.dumps(value)
