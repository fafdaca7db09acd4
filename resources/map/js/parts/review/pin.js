// The pin of the photo under review. While it is dragged, a crosshair under the pointer says where
// it will be, and everything else fades.

/**
 * @import { MapPage } from "../../main.js"
 * @import { At } from "../../parts.js"
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
    this.marker = null;
    this.at = null;
    this.isDragged = false;
    page.map.on("moveend", () => this.arrange());
  }

  /**
   * `at` in degrees, kind "open", "decided" or "unsure"; null: no pin.
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
    this.node = document.createElement("div");
    this.node.className = `pin review-pin ${pin.kind}`;
    this.node.innerHTML = PIN;
    this.node.title = "Drag to where the photo was taken";
    this.node.setAttribute("role", "img");
    this.node.setAttribute("aria-label", `Position of ${pin.title}`);
    const box = document.createElement("div");
    box.append(this.node);
    const icon = L.divIcon({ html: box, className: "mark mark-review", iconSize: [0, 0] });
    this.marker = L.marker(this.at, { icon, zIndexOffset: 950, keyboard: false });
    this.marker.addTo(this.page.map);
    this.arrange();
    // Told again where it was, it may stay out of sight.
    if (isSame && String(before) !== String(this.at)) this.reveal();
  }

  /** @param {MouseEvent} event */
  isUnder(event) {
    return Boolean(this.marker && event.target.closest?.(".review-pin"));
  }

  /** In the copy of the world that is on the screen. */
  arrange() {
    if (!this.marker || this.isDragged) return;
    const turns = Math.round((this.page.map.getCenter().lng - this.at[1]) / 360);
    const to = L.latLng(this.at[0], this.at[1] + 360 * turns);
    if (!this.marker.getLatLng().equals(to)) this.marker.setLatLng(to);
  }

  /** A photo that was placed somewhere else by hand is followed. */
  reveal() {
    const { map } = this.page;
    const to = this.marker.getLatLng();
    if (!map.getBounds().contains(to)) map.panTo(to, { animate: true, duration: 0.4 });
  }

  drag() {
    const { page } = this;
    const root = document.documentElement;
    let from = null;
    let isFar = false;
    /** @param {At} at */
    const follow = (at) => {
      from ??= at.point;
      if (!isFar && at.point.distanceTo(from) < FAR_ENOUGH) return;
      if (!isFar) {
        isFar = this.isDragged = true;
        root.classList.add("review-dragging");
        this.cross = L.DomUtil.create("div", "review-cross", page.map.getContainer());
        this.cross.innerHTML = CROSS;
        page.tooltip.hide();
        page.dots.invalidate();
      }
      L.DomUtil.setPosition(this.cross, L.point(at.point.x, at.point.y));
    };
    this.stop = () => {
      this.isDragged = false;
      root.classList.remove("review-dragging");
      this.cross?.remove();
      this.cross = this.stop = null;
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
