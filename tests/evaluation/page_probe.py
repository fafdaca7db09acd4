"""Loads a page in WebEngine and prints as JSON what it asked for, said, and answered.

Usage: python page_probe.py PAGE SCREENSHOT EXPRESSION. Run as a process of its own, so that its
web engine has nothing to do with the one under test elsewhere.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

SETTLE_MS = 1500


class Recorder(QWebEngineUrlRequestInterceptor):
    """Lets everything through and remembers it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        self.addresses.append(info.requestUrl().toString()[:200])


class ListeningPage(QWebEnginePage):
    """Remembers what scripts complain about."""

    def __init__(self, profile: QWebEngineProfile, parent: QWebEngineView) -> None:
        super().__init__(profile, parent)
        self.complaints: list[str] = []

    def javaScriptConsoleMessage(self, level: object, message: str, line: int, source: str) -> None:
        self.complaints.append(f"{line}: {message}")


def main(page_path: str, screenshot: str, expression: str) -> None:
    app = QApplication(["page-probe"])
    profile = QWebEngineProfile()
    recorder = Recorder()
    profile.setUrlRequestInterceptor(recorder)
    view = QWebEngineView()
    page = ListeningPage(profile, view)
    view.setPage(page)
    view.resize(1100, 2600)
    view.show()

    def finish(answer: object) -> None:
        QTimer.singleShot(SETTLE_MS, lambda: report(answer))

    def report(answer: object) -> None:
        view.grab().save(screenshot)
        found = {
            "requests": recorder.addresses,
            "complaints": page.complaints,
            "answer": answer,
        }
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
        # Leaving without Qt's own teardown, which is not what is looked at here.
        os._exit(0)

    def loaded(ok: bool) -> None:
        QTimer.singleShot(SETTLE_MS, lambda: page.runJavaScript(expression, 0, finish))

    view.loadFinished.connect(loaded)
    view.load(QUrl.fromLocalFile(str(Path(page_path).resolve())))
    app.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
