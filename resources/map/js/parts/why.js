// Why here: the known photos that look like the chosen one, as dots; one of them is pointed at.

import { worldPoint } from "../world.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At, Part, Topics } from "../parts.js"
 * @import { Window } from "../world.js"
 */

const REACH = 9; // pixels between the pointer and a dot that it means

/** @implements {Part} */
export class Why {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {Message.AlikePhotos | null} */
    this.state = null;
    /** @type {Topics} */
    this.topics = { why: (state) => (this.state = state) };
  }

  get isEmpty() {
    return !this.state;
  }

  /** @param {Context2D} context @param {Window} window */
  paintAbove(context, window) {
    if (!this.state) return;
    const { dots, chosen } = this.state;
    const order = Array.from(dots.keys()).filter((i) => i !== chosen);
    for (const i of [...order, chosen]) this.paintDot(context, window, dots[i].at, i === chosen);
  }

  /**
   * A small diamond, so that nobody takes it for a possible place or for the answer; the chosen one
   * has a second around it, wide enough to show around the marker of a place.
   * @param {Context2D} context @param {Window} window @param {WorldPoint} at
   * @param {boolean} isChosen
   */
  paintDot(context, window, [worldX, worldY], isChosen) {
    const { colors } = this.page.theme;
    context.lineJoin = "round";
    for (const k of window.copies(worldX, worldX)) {
      const [x, y] = [window.x(worldX, k), window.y(worldY)];
      this.diamond(context, x, y, isChosen ? 7 : 5);
      this.stroke(context, 3.5, colors.halo);
      context.fillStyle = colors.known;
      context.fill();
      this.stroke(context, 1.2, colors.ink);
      if (!isChosen) continue;
      this.diamond(context, x, y, 19);
      this.stroke(context, 5, colors.halo);
      this.stroke(context, 2.4, colors.known);
    }
  }

  /** @param {Context2D} context @param {number} x @param {number} y @param {number} size */
  diamond(context, x, y, size) {
    context.beginPath();
    context.moveTo(x, y - size);
    context.lineTo(x + size, y);
    context.lineTo(x, y + size);
    context.lineTo(x - size, y);
    context.closePath();
  }

  /** @param {Context2D} context @param {number} width @param {string} color */
  stroke(context, width, color) {
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }

  /** @param {At} at */
  click(at) {
    const dot = this.dotAt(at);
    if (dot < 0) return false;
    this.page.bridge.report("whyDot", dot);
    return true;
  }

  /** @param {At} at */
  hover(at) {
    const dot = this.dotAt(at);
    return this.state?.dots[dot]?.lines ?? null;
  }

  /**
   * The nearest dot within reach, -1 for none; the chosen one wins where several share a spot.
   * @param {At} at
   */
  dotAt({ lat, lon, scale }) {
    const { state } = this;
    if (!state) return -1;
    const [x, y] = worldPoint(lat, lon);
    let [best, nearest] = [-1, REACH / scale];
    state.dots.forEach(({ at }, i) => {
      const dx = Math.abs(at[0] - x) % 1;
      const away = Math.hypot(Math.min(dx, 1 - dx), at[1] - y);
      if (away < nearest || (away === nearest && i === state.chosen)) [best, nearest] = [i, away];
    });
    return best;
  }
}
