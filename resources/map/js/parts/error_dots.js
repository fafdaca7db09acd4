// Many dots, quickly: each kind is drawn once and stamped, and a stamp that would only cover an
// equal one is left out.

import { context2d } from "../dom.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { Window } from "../world.js"
 * @import { Photos } from "./errors.js"
 *
 * @typedef {{ stamp: OffscreenCanvas, half: number }} Stamp half of its side in pixels
 */

export const RADII = [3.4, 3.6, 3.8, 4.1, 4.4, 4.7]; // pixels, by band: size says what colour says
const EDGE = 1;
const PER_STEP = 250;
const GRAIN = 2; // pixels: two equal dots nearer than this are one to the eye
const REACH = 8; // pixels beyond the canvas that a dot may stand
const DOT_AREA = 60; // square pixels
const CROWDED = 0.25; // share of the view that dots may cover before they get smaller
const SMALLEST = 0.5; // of their full size

export class Dots {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {{ key: string, all: Stamp[] } | null} */
    this.stamps = null; // of the last picture
  }

  /**
   * In steps of some hundred dots: see painting.js.
   * @param {Context2D} context @param {Window} window @param {Photos} set
   * @param {Uint32Array} order @param {string[]} colors
   */
  *paint(context, window, set, order, colors) {
    const ratio = globalThis.devicePixelRatio || 1;
    const { scale, left, top, width, height } = window;
    const stamps = this.makeStamps(colors, ratio, this.size(window, set, order));
    const across = Math.ceil((width + 2 * REACH) / GRAIN);
    const taken = new Uint8Array(across * Math.ceil((height + 2 * REACH) / GRAIN));
    const { x, y, band } = set;
    context.setTransform(1, 0, 0, 1, 0, 0); // stamps are as fine as the screen
    for (let n = 0; n < order.length; n++) {
      if (n % PER_STEP === 0) yield;
      const i = order[n];
      const py = y[i] * scale - top;
      if (py < -REACH || py >= height + REACH) continue;
      const { stamp, half } = stamps[band[i]];
      let px = x[i] * scale - left;
      px -= Math.floor((px + REACH) / scale) * scale; // the leftmost copy of the world in which it is seen
      for (; px < width + REACH; px += scale) {
        const at = Math.floor((py + REACH) / GRAIN) * across + Math.floor((px + REACH) / GRAIN);
        if (taken[at] === band[i] + 1) continue;
        taken[at] = band[i] + 1;
        context.drawImage(stamp, Math.round((px - half) * ratio), Math.round((py - half) * ratio));
      }
    }
  }

  /**
   * Share of their full size at which the dots in view do not cover everything.
   * @param {Window} window @param {Photos} photos @param {Uint32Array} order
   */
  size(window, { x, y }, order) {
    const { scale, left, top, width, height } = window;
    let seen = 0;
    for (let n = 0; n < order.length; n++) {
      const py = y[order[n]] * scale - top;
      if (py < 0 || py > height) continue;
      const px = x[order[n]] * scale - left;
      if (px - Math.floor(px / scale) * scale < width) seen++;
    }
    const covered = (DOT_AREA * seen) / (Math.min(width, scale) * height);
    const size = Math.max(SMALLEST, Math.min(1, Math.sqrt(CROWDED / covered)));
    return Math.round(10 * size) / 10; // in steps, since stamps are kept
  }

  /**
   * One small picture for each band.
   * @param {string[]} colors @param {number} ratio @param {number} size
   */
  makeStamps(colors, ratio, size) {
    const { card } = this.page.theme.colors;
    const key = [...colors, ratio, size, card].join();
    if (this.stamps?.key === key) return this.stamps.all;
    const all = colors.map((color, band) => {
      const radius = size * RADII[band];
      const half = radius + EDGE + 0.5;
      const stamp = new OffscreenCanvas(Math.ceil(2 * half * ratio), Math.ceil(2 * half * ratio));
      const context = context2d(stamp);
      context.scale(ratio, ratio);
      context.beginPath();
      context.arc(half, half, radius, 0, 7);
      context.strokeStyle = card;
      context.lineWidth = 2 * EDGE * size;
      context.stroke();
      context.fillStyle = color;
      context.fill();
      return { stamp, half };
    });
    this.stamps = { key, all };
    return all;
  }
}
