// The pin of the photo under review. While it is dragged, a crosshair under the pointer says where
// it will be, and everything else fades.

import { isOn, make } from "../../dom.js";

/**
 * @import { MapPage } from "../../main.js"
 * @import { At, Drag } from "../../parts.js"
 */

const FAR_ENOUGH = 4; // pixels: a shorter way is a click

const PIN =
  '<svg viewBox="0 0 30 40" width="30" height="40" aria-hidden="true">' +
  '<path class="body" d="M15 1.5C7.5 1.5 1.8 7.200 1.8 14.500 1.800 23.500 11 31 15 38.500 19 31 28.200 23.500 28.200 14.500 28.200 7.200 22.500 1.500 15 1.500Z"/>' +
  '<circle class="eye" cx="15" cy="14.500" r="5"/>' +
  '<path class="tick" d="M10.500 15l3.200 3.200 6-6.600"/></svg>';
const CROSS =
  '<svg viewBox="0 0 44 44" width="44" height="44" aria-hidden="true">' +
  '<path class="case" d="M22 2v15M22 27v15M2 22h15M27 22h15"/>' +
  '<path class="line" d="M22 2v15M22 27v15M2 22h15M27 22h15"/><circle class="line" cx="22" cy="22" r="1.2"/></svg>';

export class Pin {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {L.Marker | null} */
    this.marker = null;
    /** @type {Degrees | null} */
    this.at = null;
    /** @type {number | undefined} */
    this.photo = undefined;
    this.isDragged = false;
    /** @type {(() => void) | null} */
    this.stop = null; // ends a drag
    page.map.on("moveend", () => this.arrange());
  }

  /**
   * Null: no pin.
   * @param {Message.ReviewPin | null} pin @param {number | undefined} photo
   */
  show(pin, photo) {
    if (this.isDragged && photo === this.photo) return;
    this.stop?.();
    const isSame = photo === this.photo;
    this.photo = photo;
    this.marker?.remove();
    this.marker = null;
    const before = this.at;
    this.at = pin?.at ?? null;
    if (!pin) return;
    const icon = L.divIcon({ html: picture(pin), className: "mark mark-review", iconSize: [0, 0] });
    const marker = L.marker(pin.at, { icon, zIndexOffset: 950, keyboard: false });
    this.marker = marker.addTo(this.page.map);
    this.arrange();
    // Told again where it was, it may stay out of sight.
    if (isSame && String(before) !== String(this.at)) this.reveal(marker.getLatLng());
  }

  /** @param {MouseEvent} event */
  isUnder(event) {
    return this.marker !== null && isOn(event, ".review-pin");
  }

  /** In the copy of the world that is on the screen. */
  arrange() {
    if (!this.marker || !this.at || this.isDragged) return;
    const turns = Math.round((this.page.map.getCenter().lng - this.at[1]) / 360);
    const to = L.latLng(this.at[0], this.at[1] + 360 * turns);
    if (!this.marker.getLatLng().equals(to)) this.marker.setLatLng(to);
  }

  /**
   * A photo that was placed somewhere else by hand is followed.
   * @param {L.LatLng} to
   */
  reveal(to) {
    const { map } = this.page;
    if (!map.getBounds().contains(to)) map.panTo(to, { animate: true, duration: 0.4 });
  }

  /** @returns {Drag} */
  drag() {
    const { page } = this;
    const root = document.documentElement;
    const cross = make("div", "review-cross");
    cross.innerHTML = CROSS;
    /** @type {L.Point | null} */
    let from = null;
    let isFar = false;
    /** @param {At} at */
    const follow = (at) => {
      from ??= at.point;
      if (!isFar && at.point.distanceTo(from) < FAR_ENOUGH) return;
      if (!isFar) {
        isFar = this.isDragged = true;
        root.classList.add("review-dragging");
        page.map.getContainer().append(cross);
        page.tooltip.hide();
        page.dots.invalidate();
      }
      L.DomUtil.setPosition(cross, L.point(at.point.x, at.point.y));
    };
    this.stop = () => {
      this.isDragged = false;
      root.classList.remove("review-dragging");
      cross.remove();
      this.stop = null;
      page.dots.invalidate();
    };
    return {
      move: follow,
      end: (at) => {
        follow(at);
        this.stop?.();
        if (!isFar) return;
        // It stays there until the window says where it is now.
        this.at = [at.lat, at.lon];
        this.arrange();
        page.bridge.report("reviewPlaced", at.lat, at.lon);
      },
      cancel: () => this.stop?.(),
    };
  }
}

/** @param {Message.ReviewPin} pin */
function picture({ kind, title }) {
  const node = make("div", `pin review-pin ${kind}`);
  node.innerHTML = PIN;
  node.title = "Drag to where the photo was taken";
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", `Position of ${title}`);
  const box = make("div");
  box.append(node);
  return box;
}
