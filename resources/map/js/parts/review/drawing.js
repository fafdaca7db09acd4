// Drawing a box or a ring of corners on the map. The pointer's longitude runs on across the date
// line, so that what is drawn there stays in one piece.

import { distance } from "../../text.js";
import { worldPoint } from "../../world.js";

/**
 * @import { MapPage } from "../../main.js"
 * @import { At, Drag } from "../../parts.js"
 * @import { Window } from "../../world.js"
 */

const CLOSE = 10; // pixels around the first corner that close a ring
const KM_PER_DEGREE = 111.195; // of a great circle
const LEAST = 6; // pixels: a smaller box is a slip
const HELP = {
  box: "Drag to draw a box. Esc cancels.",
  ring: "Click each corner. Click the first one again, double-click or press Enter to close the polygon. Esc cancels.",
};

export class Drawing {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {Message.Shape | null} */
    this.kind = null;
    /** @type {Degrees[]} */
    this.corners = [];
    /** @type {Degrees | null} */
    this.pointer = null;
    this.card = L.DomUtil.create("div", "review-help card", page.map.getContainer());
    this.card.setAttribute("role", "status");
    this.card.hidden = true;
    const box = page.map.getContainer();
    box.addEventListener("dblclick", (event) => this.onDoubleClick(event), { capture: true });
  }

  get isEmpty() {
    return this.kind === null;
  }

  /** @param {Message.Shape | null} kind */
  start(kind) {
    this.kind = kind;
    this.corners = [];
    this.pointer = null;
    this.card.textContent = kind ? HELP[kind] : "";
    this.card.hidden = !kind;
    this.page.tooltip.hide();
    document.documentElement.classList.toggle("review-drawing", Boolean(kind));
  }

  /**
   * Latitude and longitude of a point of the view, not brought back into -180…180.
   * @param {At} at
   * @returns {Degrees}
   */
  place({ point }) {
    const { lat, lng } = this.page.map.containerPointToLatLng(point);
    return [Math.max(-85, Math.min(85, lat)), lng];
  }

  /** @param {At} at */
  click(at) {
    if (this.kind === "ring") {
      const first = this.corners[0];
      if (first && this.corners.length > 2 && this.pixels(first).distanceTo(at.point) < CLOSE) {
        this.close();
        return true;
      }
      const last = this.corners.at(-1);
      if (!last || this.pixels(last).distanceTo(at.point) > 2) this.corners.push(this.place(at));
      this.page.above.invalidate();
    }
    return true;
  }

  /** @param {Degrees} place */
  pixels([lat, lon]) {
    return this.page.map.latLngToContainerPoint([lat, lon]);
  }

  /** @param {At} at */
  hover(at) {
    const pointer = this.place(at);
    this.pointer = pointer;
    if (!this.corners.length) return null;
    this.page.above.invalidate();
    return this.kind === "box" ? [sizeOf(this.corners[0], pointer)] : null;
  }

  /**
   * @param {At} at
   * @returns {Drag | null}
   */
  drag(at) {
    if (this.kind !== "box") return null;
    const first = this.place(at);
    this.corners = [first];
    return {
      move: (moved) => this.hover(moved),
      end: (released) => {
        // A key may have taken the box back, or begun another shape, while the button was down.
        if (this.corners[0] !== first) return;
        const isSlip = this.pixels(first).distanceTo(released.point) < LEAST;
        this.corners.push(this.place(released));
        if (isSlip) this.corners = [];
        else this.finish("box", this.corners);
        this.page.above.invalidate();
      },
      cancel: () => this.finish(null, []),
    };
  }

  /** @param {MouseEvent} event */
  onDoubleClick(event) {
    if (this.kind !== "ring") return;
    event.stopImmediatePropagation();
    event.preventDefault();
    this.close();
  }

  /** @param {KeyboardEvent} event */
  key({ key }) {
    if (key === "Escape") this.finish(null, []);
    else if (key === "Enter") this.close();
    else if (key === "Backspace") this.corners.pop();
    else return false;
    this.page.above.invalidate();
    return true;
  }

  close() {
    if (this.corners.length > 2) this.finish("ring", this.corners);
  }

  /** @param {Message.Shape | null} kind @param {Degrees[]} corners */
  finish(kind, corners) {
    this.start(null);
    this.page.bridge.report("reviewArea", kind, corners);
    this.page.above.invalidate();
  }

  /** @param {Context2D} context @param {Window} window */
  paint(context, window) {
    if (!this.kind || !this.corners.length) return;
    const outline = this.pointer ? [...this.corners, this.pointer] : this.corners;
    const points = (this.kind === "box" ? boxOf(outline) : outline).map(([lat, lon]) => {
      const [x, y] = worldPoint(lat, lon);
      return [window.x(x, 0), window.y(y)];
    });
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    const { colors } = this.page.theme;
    context.save();
    context.globalAlpha = 0.12;
    context.fillStyle = colors.other;
    context.fill();
    context.restore();
    context.lineWidth = 2;
    context.strokeStyle = colors.other;
    context.setLineDash([7, 4]);
    context.stroke();
    context.setLineDash([]);
    if (this.kind === "box") return;
    for (const [x, y] of points.slice(0, this.corners.length)) {
      context.beginPath();
      context.arc(x, y, 4, 0, 7);
      context.fillStyle = colors.card;
      context.fill();
      context.stroke();
    }
  }
}

/**
 * Width and height on the ground, the width where the box is widest.
 * @param {Degrees} one @param {Degrees} other
 */
function sizeOf([lat0, lon0], [lat1, lon1]) {
  const widest = Math.min(Math.abs(lat0), Math.abs(lat1)) * (lat0 * lat1 > 0 ? 1 : 0);
  const width = Math.abs(lon1 - lon0) * KM_PER_DEGREE * Math.cos((widest * Math.PI) / 180);
  return `${distance(width)} × ${distance(Math.abs(lat1 - lat0) * KM_PER_DEGREE)}`;
}

/**
 * @param {Degrees[]} outline
 * @returns {Degrees[]}
 */
function boxOf(outline) {
  const [[south, west], [north, east]] = [outline[0], outline[outline.length - 1]];
  return [[south, west], [south, east], [north, east], [north, west]];
}
