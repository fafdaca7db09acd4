// Dots of the photos in the worklist: tens of thousands, so none is painted where one stands.

/**
 * @import { MapPage } from "../../main.js"
 * @import { At } from "../../parts.js"
 * @import { Window } from "../../world.js"
 */

const [DECIDED, KNOWN, REJECTED] = [1, 2, 3]; // kinds; 0 is open
const NEAR = 8; // pixels around a dot that belong to it
const PER_STEP = 100;
const APART = 5; // pixels: the raster in which one dot stands for all

export class Dots {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {number | null} */
    this.own = null; // the photo that has the pin
    /** @type {number | null} */
    this.version = null;
    this.places = new Float32Array(0); // world x, y
    this.numbers = new Uint32Array(0); // of the photos
    this.kinds = new Uint8Array(0);
  }

  clear() {
    this.places = new Float32Array(0);
    this.numbers = new Uint32Array(0);
    this.kinds = new Uint8Array(0);
  }

  get isEmpty() {
    return this.numbers.length === 0;
  }

  /**
   * Places, numbers and kinds as one block, to be fetched.
   * @param {Message.DotFile | null} value
   */
  async load(value) {
    this.version = value?.version ?? null;
    if (!value) {
      this.clear();
      return;
    }
    const block = await (await fetch(`${value.path}?${value.version}`)).arrayBuffer();
    if (this.version !== value.version) return;
    const count = block.byteLength / 13;
    this.places = new Float32Array(block, 0, 2 * count);
    this.numbers = new Uint32Array(block, 8 * count, count);
    this.kinds = new Uint8Array(block, 12 * count, count);
  }

  /**
   * In steps of some hundred dots: see painting.js.
   * @param {Context2D} context @param {Window} window @param {number} opacity
   */
  *paint(context, window, opacity) {
    context.globalAlpha = opacity;
    const columns = Math.ceil(window.width / APART) + 1;
    const taken = new Uint8Array(columns * (Math.ceil(window.height / APART) + 1));
    for (let i = this.numbers.length - 1; i >= 0; i--) {
      if (i % PER_STEP === 0) yield;
      if (this.numbers[i] === this.own) continue;
      const [x, y] = [this.places[2 * i], this.places[2 * i + 1]];
      const top = window.y(y);
      if (top < 0 || top >= window.height) continue;
      for (const k of window.copies(x, x)) {
        const left = window.x(x, k);
        if (left < 0 || left >= window.width) continue;
        const cell = Math.floor(top / APART) * columns + Math.floor(left / APART);
        if (taken[cell]) continue;
        taken[cell] = 1;
        this.paintDot(context, left, top, this.kinds[i]);
      }
    }
    context.globalAlpha = 1;
  }

  /**
   * Decided: filled; open: hollow; with GPS: a square; rejected: small and grey.
   * @param {Context2D} context @param {number} x @param {number} y @param {number} kind
   */
  paintDot(context, x, y, kind) {
    const { colors } = this.page.theme;
    const color = kind === KNOWN ? colors.known : kind === REJECTED ? colors["ink-soft"] : colors.accent;
    context.beginPath();
    if (kind === KNOWN) context.rect(x - 3.5, y - 3.5, 7, 7);
    else context.arc(x, y, kind === REJECTED ? 2.5 : 4, 0, 7);
    context.strokeStyle = colors.halo;
    context.lineWidth = 4;
    context.stroke();
    context.fillStyle = kind === DECIDED || kind === REJECTED ? color : colors.card;
    context.fill();
    context.strokeStyle = color;
    context.lineWidth = 1.7;
    context.stroke();
  }

  /**
   * The number of the photo whose dot is nearest, or null.
   * @param {At} at
   */
  under({ x, y, scale }) {
    /** @type {number | null} */
    let best = null;
    let least = NEAR / scale;
    for (let i = 0; i < this.numbers.length; i++) {
      const dy = Math.abs(this.places[2 * i + 1] - y);
      if (dy >= least || this.numbers[i] === this.own) continue;
      const dx = Math.abs(this.places[2 * i] - x);
      const away = Math.hypot(Math.min(dx, 1 - dx), dy);
      if (away >= least) continue;
      best = this.numbers[i];
      least = away;
    }
    return best;
  }
}
