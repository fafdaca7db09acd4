// Accuracy: photos at their true places, coloured by how far the answers lie off, and one of them
// in full: truth, answer, the way between them, and the radius that should have held the truth.

import { strokePath } from "../painting.js";
import { Lines } from "../world.js";
import { Dots } from "./error_dots.js";
import { legendCard } from "./error_legend.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At, Part, Topics } from "../parts.js"
 * @import { Colors } from "../theme.js"
 * @import { Window } from "../world.js"
 *
 * @typedef {Omit<Message.ErrorSet, "texts"> & ReturnType<typeof columns> & { texts: string[][] }} Photos
 * @typedef {Message.ChosenError & { lines: Lines, circle: Lines | null }} Chosen
 */

const REACH = 8; // pixels between the pointer and the dot that it means
const BEHIND = 0.3; // how strong the other dots stay while one photo is shown in full
const CAPTION = { height: 18, away: 13 }; // pixels

/** @implements {Part} */
export class Errors {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {Photos | null} */
    this.set = null;
    /** @type {Uint32Array | null} */
    this.shown = null; // indices in the order they are painted
    /** @type {Message.ErrorsShown | null} */
    this.state = null;
    /** @type {Chosen | null} */
    this.chosen = null;
    this.hovered = -1;
    this.dots = new Dots(page);
    /** @type {Message.ErrorSet | null} */
    this.wanted = null; // the newest of each, while it is being fetched
    /** @type {Message.ErrorsShown | null} */
    this.wantedShown = null;
    this.loading = Promise.resolve();
    /** @type {Topics} */
    this.topics = {
      errors: (set) => this.setAll(set),
      errorsShown: (state) => this.setShown(state),
      errorChosen: (chosen) => this.choose(chosen),
    };
  }

  // --- what the window sends -------------------------------------------------------------

  /** @param {Message.ErrorSet | null} set */
  setAll(set) {
    this.wanted = set;
    this.loading = this.load(set);
    return this.loading;
  }

  /** @param {Message.ErrorSet | null} set */
  async load(set) {
    const photos = set && (await fetchPhotos(set));
    if (this.wanted !== set) return; // another set has come meanwhile
    this.set = photos;
    this.hovered = -1;
    if (!set) this.chosen = null;
    this.page.redraw();
  }

  /**
   * Which dots, and how many in each band.
   * @param {Message.ErrorsShown | null} state
   */
  async setShown(state) {
    this.wantedShown = state;
    const order = state && new Uint32Array(await fetchBytes(state.order));
    await this.loading; // so that what is told to be drawn is there
    if (this.wantedShown !== state) return;
    this.state = state;
    this.shown = order;
    this.hovered = -1;
    this.page.redraw();
  }

  /** @param {Message.ChosenError | null} chosen */
  choose(chosen) {
    const before = this.chosen?.index;
    this.chosen = chosen && {
      ...chosen,
      lines: Lines.fromWorld([chosen.line]),
      circle: chosen.ring.length ? Lines.fromWorld([chosen.ring]) : null,
    };
    if (chosen?.fit && chosen.index !== before) this.page.motion.fitOutline(chosen.line);
  }

  /** The dots to paint: null until both the set and its choice have come. */
  get order() {
    return this.set && this.state?.id === this.set.id ? this.shown : null;
  }

  get isEmpty() {
    return !this.order?.length && !this.chosen;
  }

  /** @param {Photos} set */
  colors({ colors }) {
    return colors[this.page.theme.name];
  }

  // --- painting --------------------------------------------------------------------------

  /** @param {Context2D} context @param {Window} window */
  *paintDots(context, window) {
    const { set, order } = this;
    if (!set || !order?.length) return;
    context.globalAlpha = this.chosen ? BEHIND : 1;
    yield* this.dots.paint(context, window, set, order, this.colors(set));
  }

  /** @param {Context2D} context @param {Window} window */
  paintAbove(context, window) {
    if (this.chosen) this.paintChosen(context, window, this.chosen);
    else if (this.set && this.hovered >= 0) this.paintRing(context, window, this.set, this.hovered);
  }

  /**
   * @param {Context2D} context @param {Window} window @param {Photos} photos
   * @param {number} index
   */
  paintRing(context, window, { x, y }, index) {
    for (const k of window.copies(x[index], x[index])) {
      context.beginPath();
      context.arc(window.x(x[index], k), window.y(y[index]), 8, 0, 7);
      context.strokeStyle = this.page.theme.colors.ink;
      context.lineWidth = 2;
      context.stroke();
    }
  }

  /** @param {Context2D} context @param {Window} window @param {Chosen} chosen */
  paintChosen(context, window, { lines, circle }) {
    const { colors } = this.page.theme;
    const { accent, known, casing, ink } = colors;
    context.lineJoin = "round";
    if (circle) {
      context.beginPath();
      window.eachSeen(circle, (_, k) => window.traceCircle(context, circle, k));
      strokePath(context, [[3.6, casing, []], [2, accent, [9, 5]]]);
    }
    context.beginPath();
    window.eachSeen(lines, (i, k) => window.trace(context, lines, i, k, false));
    strokePath(context, [[4.2, casing, []], [2, ink, []]]);
    const { points } = lines;
    const end = points.length - 2;
    for (const k of window.copies(lines.boxes[0], lines.boxes[2])) {
      const [tx, ty] = [window.x(points[0], k), window.y(points[1])];
      const [ax, ay] = [window.x(points[end], k), window.y(points[end + 1])];
      paintAnswer(context, ax, ay, colors);
      paintTruth(context, tx, ty, colors);
      const above = ay < ty ? 1 : -1; // captions stand apart, away from the line
      this.caption(context, ax, ay - above * CAPTION.away, above, "Answer", accent);
      this.caption(context, tx, ty + above * CAPTION.away, -above, "True position", known);
    }
  }

  /**
   * @param {Context2D} context @param {number} x @param {number} y @param {number} above
   * @param {string} text @param {string} color
   */
  caption(context, x, y, above, text, color) {
    context.font = `600 11px ${this.page.theme.font}`;
    const width = Math.ceil(context.measureText(text).width) + 14;
    const top = above > 0 ? y - CAPTION.height : y;
    context.beginPath();
    context.roundRect(x - width / 2, top, width, CAPTION.height, CAPTION.height / 2);
    context.fillStyle = this.page.theme.colors.card;
    context.fill();
    context.strokeStyle = color;
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = this.page.theme.colors.ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x, top + CAPTION.height / 2 + 0.5);
  }

  // --- what the user does ----------------------------------------------------------------

  /**
   * The dot under a point of the map, the topmost of several; -1 for none.
   * @param {At} at
   */
  find({ x, y, scale }) {
    const { order, set } = this;
    if (!set || !order?.length) return -1;
    const reach = REACH / scale;
    const [xs, ys] = [set.x, set.y];
    let [best, nearest] = [-1, reach];
    for (let n = order.length - 1; n >= 0; n--) {
      const dy = Math.abs(ys[order[n]] - y);
      if (dy >= nearest) continue;
      const across = Math.abs(xs[order[n]] - x);
      const away = Math.hypot(Math.min(across, 1 - across), dy);
      if (away < nearest) [best, nearest] = [order[n], away];
    }
    return best;
  }

  /** @param {At} at */
  hover(at) {
    const index = this.find(at);
    if (index !== this.hovered) {
      this.hovered = index;
      this.page.above.invalidate();
    }
    return index < 0 || !this.set ? null : this.set.texts[index];
  }

  unhover() {
    if (this.hovered < 0) return;
    this.hovered = -1;
    this.page.above.invalidate();
  }

  /** @param {At} at */
  click(at) {
    if (!this.set) return false;
    const index = this.find(at);
    if (index >= 0) this.page.bridge.report("error", index);
    return index >= 0;
  }

  legend() {
    if (!this.set) return null;
    return legendCard(this.set, this.state?.counts ?? [], this.colors(this.set));
  }
}

/** @param {string} path */
async function fetchBytes(path) {
  return (await fetch(path)).arrayBuffer();
}

/**
 * @param {Message.ErrorSet} set
 * @returns {Promise<Photos>}
 */
async function fetchPhotos(set) {
  /** @type {string[][]} */
  const texts = await (await fetch(set.texts)).json();
  return { ...set, ...columns(await fetchBytes(set.data), texts.length), texts };
}

/**
 * x, y (float64), band (byte): see map_side.packed.
 * @param {ArrayBuffer} buffer @param {number} n
 */
function columns(buffer, n) {
  return {
    count: n,
    x: new Float64Array(buffer, 0, n),
    y: new Float64Array(buffer, 8 * n, n),
    band: new Uint8Array(buffer, 16 * n, n),
  };
}

/** @param {Context2D} context @param {number} x @param {number} y @param {Colors} colors */
function paintTruth(context, x, y, colors) {
  context.save();
  context.translate(x, y);
  context.rotate(Math.PI / 4);
  context.beginPath();
  context.rect(-5.5, -5.5, 11, 11);
  fillWithEdge(context, colors.known, colors.card);
  context.restore();
}

/** @param {Context2D} context @param {number} x @param {number} y @param {Colors} colors */
function paintAnswer(context, x, y, colors) {
  context.beginPath();
  context.arc(x, y, 6.5, 0, 7);
  fillWithEdge(context, colors.accent, colors.card);
}

/** @param {Context2D} context @param {string} fill @param {string} edge */
function fillWithEdge(context, fill, edge) {
  context.strokeStyle = edge;
  context.lineWidth = 4;
  context.stroke();
  context.fillStyle = fill;
  context.fill();
}
