// Accuracy: photos at their true places, coloured by how far the answers lie off, and one of them
// in full: truth, answer, the way between them, and the radius that should have held the truth.

import { distance, percent } from "../text.js";
import { Lines } from "../world.js";
import { Dots } from "./error_dots.js";
import { legendCard } from "./error_legend.js";

const REACH = 8; // pixels between the pointer and the dot that it means
const BEHIND = 0.3; // how strong the other dots stay while one photo is shown in full
const CAPTION = { height: 18, away: 13 }; // pixels

export class Errors {
  constructor(page) {
    this.page = page;
    this.set = null;
    this.shown = null; // indices in the order they are painted
    this.state = null;
    this.chosen = null;
    this.hovered = -1;
    this.dots = new Dots(page);
    this.topics = {
      errors: (set) => this.setAll(set),
      errorsShown: (state) => this.setShown(state),
      errorChosen: (chosen) => this.choose(chosen),
    };
  }

  // --- what the window sends -------------------------------------------------------------

  /** { id, data, names, bands: [{ title, short }], colors: { light, dark } } or null for none. */
  setAll(set) {
    this.wanted = set;
    this.loading = this.load(set);
    return this.loading;
  }

  async load(set) {
    const names = set && (await (await fetch(set.names)).json());
    const bytes = set && (await fetchBytes(set.data));
    if (this.wanted !== set) return; // another set has come meanwhile
    this.set = set && { ...set, ...columns(bytes, names.length), names };
    this.hovered = -1;
    if (!set) this.chosen = null;
    this.page.redraw();
  }

  /** { id, order, counts } or null: which dots, and how many in each band. */
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

  /** { index, truth, answer, line, ring, km, r80, fit } or null. */
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

  get colors() {
    return this.set.colors[this.page.theme.name];
  }

  // --- painting --------------------------------------------------------------------------

  *paintDots(context, window) {
    if (!this.order?.length) return;
    context.globalAlpha = this.chosen ? BEHIND : 1;
    yield* this.dots.paint(context, window, this.set, this.order, this.colors);
  }

  paintAbove(context, window) {
    if (this.chosen) this.paintChosen(context, window);
    else if (this.hovered >= 0) this.paintRing(context, window, this.hovered);
  }

  paintRing(context, window, index) {
    const { x, y } = this.set;
    for (const k of window.copies(x[index], x[index])) {
      context.beginPath();
      context.arc(window.x(x[index], k), window.y(y[index]), 8, 0, 7);
      context.strokeStyle = this.page.theme.colors.ink;
      context.lineWidth = 2;
      context.stroke();
    }
  }

  paintChosen(context, window) {
    const { chosen, page } = this;
    const { accent, known, casing, ink } = page.theme.colors;
    context.lineJoin = "round";
    if (chosen.circle) this.stroke(context, window, chosen.circle, [[3.6, casing, []], [2, accent, [9, 5]]]);
    this.stroke(context, window, chosen.lines, [[4.2, casing, []], [2, ink, []]]);
    const { points } = chosen.lines;
    for (const k of window.copies(chosen.lines.boxes[0], chosen.lines.boxes[2])) {
      const [tx, ty] = [window.x(points[0], k), window.y(points[1])];
      const [ax, ay] = [window.x(points.at(-2), k), window.y(points.at(-1))];
      paintAnswer(context, ax, ay, page.theme.colors);
      paintTruth(context, tx, ty, page.theme.colors);
      const above = ay < ty ? 1 : -1; // captions stand apart, away from the line
      this.caption(context, ax, ay - above * CAPTION.away, above, "Answer", accent);
      this.caption(context, tx, ty + above * CAPTION.away, -above, "True position", known);
    }
  }

  stroke(context, window, lines, strokes) {
    const isRing = lines === this.chosen.circle;
    const { points } = lines;
    const turns = isRing && Math.abs(points.at(-2) - points[0]) > 0.5; // winds around a pole
    for (const [width, color, dash] of strokes) {
      context.beginPath();
      window.eachSeen(lines, (i, k) => {
        window.trace(context, lines, i, k, isRing && !turns);
        if (turns) context.lineTo(window.x(points[0] + Math.sign(points.at(-2) - points[0]), k), window.y(points[1]));
      });
      context.setLineDash(dash);
      context.lineWidth = width;
      context.strokeStyle = color;
      context.stroke();
    }
    context.setLineDash([]);
  }

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

  /** The dot under a point of the map, the topmost of several; -1 for none. */
  find({ x, y, scale }) {
    const { order } = this;
    if (!order?.length) return -1;
    const reach = REACH / scale;
    const [xs, ys] = [this.set.x, this.set.y];
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

  hover(at) {
    const index = this.find(at);
    if (index !== this.hovered) {
      this.hovered = index;
      this.page.above.invalidate();
    }
    return index < 0 ? null : this.describe(index);
  }

  unhover() {
    if (this.hovered < 0) return;
    this.hovered = -1;
    this.page.above.invalidate();
  }

  describe(index) {
    const { km, confidence, inside, names } = this.set;
    const lines = [`${distance(km[index])} off`];
    if (!Number.isNaN(confidence[index])) lines.push(`${percent(confidence[index])} confidence`);
    if (inside[index] < 2) lines.push(inside[index] ? "inside the 80% radius" : "outside the 80% radius");
    return [...lines, names[index]];
  }

  click(at) {
    if (!this.set) return false;
    const index = this.find(at);
    if (index >= 0) this.page.bridge.report("error", index);
    return index >= 0;
  }

  legend() {
    if (!this.set) return null;
    return legendCard(this.set, this.state?.counts ?? [], this.colors);
  }
}

async function fetchBytes(path) {
  return (await fetch(path)).arrayBuffer();
}

/** x, y (float64), km, confidence (float32), band, inside (bytes): see map_side.packed. */
function columns(buffer, n) {
  return {
    count: n,
    x: new Float64Array(buffer, 0, n),
    y: new Float64Array(buffer, 8 * n, n),
    km: new Float32Array(buffer, 16 * n, n),
    confidence: new Float32Array(buffer, 20 * n, n),
    band: new Uint8Array(buffer, 24 * n, n),
    inside: new Uint8Array(buffer, 25 * n, n), // 0 no, 1 yes, 2 not known
  };
}

function paintTruth(context, x, y, colors) {
  context.save();
  context.translate(x, y);
  context.rotate(Math.PI / 4);
  context.beginPath();
  context.rect(-5.5, -5.5, 11, 11);
  fillWithEdge(context, colors.known, colors.card);
  context.restore();
}

function paintAnswer(context, x, y, colors) {
  context.beginPath();
  context.arc(x, y, 6.5, 0, 7);
  fillWithEdge(context, colors.accent, colors.card);
}

function fillWithEdge(context, fill, edge) {
  context.strokeStyle = edge;
  context.lineWidth = 4;
  context.stroke();
  context.fillStyle = fill;
  context.fill();
}

