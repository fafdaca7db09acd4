"""The web page of the map and the profile it lives in."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile, QWebEngineSettings
from PySide6.QtWidgets import QApplication

from geoguess_app.ui.map.interceptor import LocalRequestFilter
from geoguess_app.ui.map.scheme import PAGE_URL, SCHEME, MapSchemeHandler

log = logging.getLogger(__name__)

_PROFILE_NAME = "geoguess-map"
_LOG_LEVELS = {
    QWebEnginePage.JavaScriptConsoleMessageLevel.InfoMessageLevel: logging.DEBUG,
    QWebEnginePage.JavaScriptConsoleMessageLevel.WarningMessageLevel: logging.WARNING,
    QWebEnginePage.JavaScriptConsoleMessageLevel.ErrorMessageLevel: logging.ERROR,
}


class MapProfile(QWebEngineProfile):
    """Off-the-record profile with the program's scheme and no way out.

    It belongs to the application, not to a view: a profile must outlive its pages.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName(_PROFILE_NAME)
        self.handler = MapSchemeHandler(self)
        self.interceptor = LocalRequestFilter(self)
        self.installUrlSchemeHandler(SCHEME, self.handler)
        self.setUrlRequestInterceptor(self.interceptor)
        self.setPersistentCookiesPolicy(
            QWebEngineProfile.PersistentCookiesPolicy.NoPersistentCookies
        )
        self.setSpellCheckEnabled(False)


def map_profile() -> MapProfile:
    """The application's one profile for maps, made when first asked for."""
    app = QApplication.instance()
    if app is None:
        raise RuntimeError("the map needs an application")
    profile = app.findChild(MapProfile, _PROFILE_NAME)
    return profile if isinstance(profile, MapProfile) else MapProfile(app)


class MapPage(QWebEnginePage):
    """A page that can be nothing but ours: no navigation, no second window, no downloads, no
    questions."""

    consoleError = Signal(str)

    def __init__(self, profile: MapProfile, parent: QObject) -> None:
        super().__init__(profile, parent)
        settings = self.settings()
        attribute = QWebEngineSettings.WebAttribute
        for feature in (
            attribute.LocalContentCanAccessFileUrls,
            attribute.LocalContentCanAccessRemoteUrls,
            attribute.JavascriptCanOpenWindows,
            attribute.PluginsEnabled,
            attribute.PdfViewerEnabled,
            attribute.HyperlinkAuditingEnabled,
            attribute.DnsPrefetchEnabled,
        ):
            settings.setAttribute(feature, False)
        settings.setAttribute(attribute.ShowScrollBars, False)
        settings.setAttribute(attribute.FocusOnNavigationEnabled, False)

    def acceptNavigationRequest(
        self, url: QUrl | str, kind: QWebEnginePage.NavigationType, is_main_frame: bool
    ) -> bool:
        """Only the map page may be loaded, from whatever a script or a drop asks for."""
        allowed = is_main_frame and QUrl(url).toString() == PAGE_URL
        if not allowed:
            log.warning("the map refused to go to %s", QUrl(url).toString())
        return allowed

    def createWindow(self, kind: QWebEnginePage.WebWindowType) -> QWebEnginePage:
        """No link and no script opens a second window."""
        return None  # type: ignore[return-value]  # Qt takes null; its stubs do not say so

    def javaScriptConsoleMessage(
        self,
        level: QWebEnginePage.JavaScriptConsoleMessageLevel,
        message: str,
        line: int,
        source: str,
    ) -> None:
        """Pass what the page prints to the program's log."""
        log.log(_LOG_LEVELS.get(level, logging.ERROR), "%s:%d: %s", source, line, message)
        if level is QWebEnginePage.JavaScriptConsoleMessageLevel.ErrorMessageLevel:
            self.consoleError.emit(message)
