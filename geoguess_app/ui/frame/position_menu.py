"""Entries of every menu about a position: copy it, copy a link, look at it in the browser.

The browser is opened only after a question that names the site and what it learns; whoever agrees
is not asked again about that site.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QMessageBox

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services

_AGREED = "browser/agreed"


@dataclass(frozen=True, slots=True)
class WebMap:
    """A site that shows a position."""

    host: str
    title: str
    """Of the entry in a menu."""
    address: Callable[[Coordinate], str]


def web_maps() -> tuple[WebMap, ...]:
    """The sites on offer."""
    return (
        WebMap("www.openstreetmap.org", tr("Open in OpenStreetMap…"), cf.map_url),
        WebMap("www.mapillary.com", tr("Street photos on Mapillary…"), _mapillary),
    )


def add_position_actions(menu: QMenu, services: Services, where: Coordinate) -> None:
    """Add the entries for a position to a menu."""

    def copy(form: str) -> None:
        text = cf.format_coordinate(where, form)
        QGuiApplication.clipboard().setText(text)
        services.notice.tell(tr("Copied: {}").format(text))

    usual = services.settings.now.coordinate_format
    menu.addAction(tr("Copy coordinates"), lambda: copy(usual))
    menu.addAction(tr("Copy map link"), lambda: copy(cf.CoordinateFormat.MAP_URL))
    for site in web_maps():
        menu.addAction(site.title, partial(open_in_browser, services, site, where))


def open_in_browser(services: Services, site: WebMap, where: Coordinate) -> None:
    """Show a position on a site, after a question unless that site has been agreed to before."""
    if site.host in _agreed(services):
        _open(services, site, where)
        return
    box = QMessageBox(services.host)
    box.setWindowTitle(tr("Open in browser"))
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(tr("Open this position on {host}?").format(host=site.host))
    box.setInformativeText(
        tr(
            "Your browser will open the site. It learns the coordinates and your IP address, but "
            "not the photo. You will not be asked about this site again."
        )
    )
    agree = box.addButton(tr("Open"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))

    def answered() -> None:
        if box.clickedButton() is agree:
            hosts = " ".join(sorted({*_agreed(services), site.host}))
            services.window_state.setValue(_AGREED, hosts)
            _open(services, site, where)
        box.deleteLater()

    box.finished.connect(answered)
    box.open()


def _agreed(services: Services) -> list[str]:
    return str(services.window_state.value(_AGREED, "") or "").split()


def _open(services: Services, site: WebMap, where: Coordinate) -> None:
    if not QDesktopServices.openUrl(QUrl(site.address(where))):
        services.tell_error(tr("No browser could be opened on this computer."))


def _mapillary(where: Coordinate) -> str:
    return (
        f"https://www.mapillary.com/app/?lat={where.latitude_deg:.5f}"
        f"&lng={where.longitude_deg:.5f}&z=17"
    )
