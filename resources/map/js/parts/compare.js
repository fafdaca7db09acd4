// Two answers on one map: A in orange, B in blue, or the difference.

import { make } from "../dom.js";
import { faintness, holdsView } from "../painted_cells.js";
import { strokePath } from "../painting.js";
import { legendPercent, percent } from "../text.js";
import { Lines, worldPoint } from "../world.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At, Part, Topics } from "../parts.js"
 * @import { Window } from "../world.js"
 *
 * @typedef {"a" | "b"} Name
 * @typedef {{ rings: Lines, p: number[] }} Cells
 *
 * @typedef {object} Side
 * @property {Name} name
 * @property {Lines} rings of its cells
 * @property {number[]} p their probabilities
 * @property {number[]} ring the circle around its answer, flat
 * @property {WorldPoint} world its answer
 * @property {Lines | null} circle
 */

/** @type {Name[]} */
const NAMES = ["a", "b"];
/** @type {Record<Message.ThemeName, Record<Name, number[]>>} */
const COLORS = {
  light: { a: [200, 82, 0], b: [18, 94, 170] },
  dark: { a: [255, 158, 74], b: [98, 176, 255] },
};
const DEEPEST = 1e-3; // the scale ends at this share of the highest probability
const LEAST_SIZE = 4; // pixels: a smaller cell is drawn as a square of this size
const PIN = 11; // pixels
const CELLS_PER_STEP = 64;

/** @implements {Part} */
export class Compare {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {Message.Comparison | null} */
    this.wanted = null;
    /** @type {Side[]} */
    this.sides = [];
    /** @type {Cells | null} */
    this.difference = null;
    /** @type {Lines | null} */
    this.line = null; // from one answer to the other
    /** @type {Message.ComparedView} */
    this.view = "both";
    this.mustFit = false;
    /** @type {Lines | null} */
    this.cell = null; // outlined
    /** @type {Topics} */
    this.topics = {
      compare: (state) => this.set(state),
      compareCell: (ring) => (this.cell = ring && Lines.fromWorld([ring])),
    };
  }

  /** @param {Message.Comparison | null} state */
  async set(state) {
    this.wanted = state;
    this.mustFit = Boolean(state?.fit) || (Boolean(state) && this.mustFit);
    const [difference, ...sides] = await Promise.all([
      state?.difference ? fetchCells(state.difference) : null,
      ...(state?.sides ?? []).map((side, i) => fetchSide(side, NAMES[i])),
    ]);
    if (this.wanted !== state) return; // another comparison has come meanwhile
    this.difference = difference;
    this.sides = sides;
    this.line = state?.line.length ? Lines.fromWorld([state.line]) : null;
    this.view = state?.view ?? "both";
    if (this.mustFit && this.sides.length) this.fit();
  }

  /** Show both answers; the world where neither claims to know and both say the same. */
  fit() {
    this.mustFit = false;
    const rings = this.sides.flatMap(({ ring }) => ring);
    const line = this.line ? [...this.line.points] : [];
    const { boxes } = this.line ?? Lines.fromWorld([line]);
    const isWide = boxes[2] - boxes[0] + boxes[3] - boxes[1] > 1e-6;
    if (rings.length || isWide) this.page.motion.fitOutline([...line, ...near(rings, line)], { around: true });
    else this.page.motion.fitWorld();
  }

  get isEmpty() {
    return !this.sides.length;
  }

  get colors() {
    return COLORS[this.page.theme.name];
  }

  /** Sides whose cells are shown; the difference shows those of neither. */
  get shown() {
    return this.sides.filter(({ name }) => this.view === "both" || this.view === name);
  }

  /** @param {Context2D} context @param {Window} window */
  *paintGround(context, window) {
    if (this.view === "difference") {
      if (this.difference) yield* this.paintDifference(context, window, this.difference);
      return;
    }
    for (const side of this.shown) yield* this.paintCells(context, window, side);
  }

  /** @param {Context2D} context @param {Window} window @param {Side} side */
  *paintCells(context, window, { name, rings, p }) {
    const color = this.colors[name];
    const most = Math.max(...p, 0);
    for (let i = p.length - 1; i >= 0; i--) {
      const depth = 1 + Math.log(Math.max(p[i] / most, DEEPEST)) / -Math.log(DEEPEST);
      this.paintCell(context, window, rings, i, `rgba(${color},${(0.08 + 0.55 * depth).toFixed(3)})`, `rgba(${color},0.4)`);
      if (i % CELLS_PER_STEP === 0) yield;
    }
  }

  /** @param {Context2D} context @param {Window} window @param {Cells} difference */
  *paintDifference(context, window, { rings, p }) {
    const most = Math.max(...p.map(Math.abs), 1e-9);
    for (let i = p.length - 1; i >= 0; i--) {
      const color = p[i] > 0 ? this.colors.a : this.colors.b;
      const depth = Math.sqrt(Math.abs(p[i]) / most);
      this.paintCell(context, window, rings, i, `rgba(${color},${(0.06 + 0.74 * depth).toFixed(3)})`, `rgba(${color},0.7)`);
      if (i % CELLS_PER_STEP === 0) yield;
    }
  }

  /**
   * @param {Context2D} context @param {Window} window @param {Lines} rings @param {number} i
   * @param {string} fill @param {string} edge
   */
  paintCell(context, window, rings, i, fill, edge) {
    const [left, top, right, bottom] = rings.boxes.subarray(4 * i, 4 * i + 4);
    if (!window.showsRows(top, bottom)) return;
    const size = Math.max(right - left, bottom - top) * window.scale;
    context.fillStyle = fill;
    context.strokeStyle = edge;
    for (const k of window.copies(left, right)) {
      if (size < LEAST_SIZE) {
        const [x, y] = [window.x((left + right) / 2, k), window.y((top + bottom) / 2)];
        context.fillRect(x - LEAST_SIZE / 2, y - LEAST_SIZE / 2, LEAST_SIZE, LEAST_SIZE);
        continue;
      }
      if (holdsView(window, rings, i, k)) continue; // one colour would say nothing
      context.globalAlpha = faintness(size);
      context.beginPath();
      window.trace(context, rings, i, k, true);
      if (size > 9) context.globalCompositeOperation = "source-atop"; // on land only
      context.fill();
      context.globalCompositeOperation = "source-over";
      if (size > 9) context.stroke();
      context.globalAlpha = 1;
    }
  }

  /** @param {Context2D} context @param {Window} window */
  paintAbove(context, window) {
    const { casing, ink } = this.page.theme.colors;
    if (this.cell) this.stroke(context, window, this.cell, [[5, casing, []], [2.4, ink, []]], true);
    if (this.line && this.sides.length > 1) {
      this.stroke(context, window, this.line, [[4, casing, []], [1.8, ink, [6, 4]]]);
    }
    for (const side of this.view === "difference" ? this.sides : this.shown) {
      const color = `rgb(${this.colors[side.name]})`;
      const dash = side.name === "a" ? [] : [7, 4];
      if (side.circle) this.stroke(context, window, side.circle, [[4, casing, []], [2, color, dash]]);
      this.paintPin(context, window, side, color);
    }
  }

  /**
   * @param {Context2D} context @param {Window} window @param {Lines} lines
   * @param {Stroke[]} strokes @param {boolean} [isRing]
   */
  stroke(context, window, lines, strokes, isRing = false) {
    const [left, , right] = lines.boxes;
    context.beginPath();
    for (const k of window.copies(left, right)) window.trace(context, lines, 0, k, isRing);
    strokePath(context, strokes);
  }

  /**
   * Pixels to the side, where two pins would lie on each other.
   * @param {Window} window @param {Name} name
   */
  aside(window, name) {
    if (this.sides.length < 2 || this.view === "a" || this.view === "b") return 0;
    const [a, b] = this.sides.map((side) => side.world);
    const apart = Math.hypot(a[0] - b[0], a[1] - b[1]) * window.scale;
    return apart < 2 * PIN ? (name === "a" ? -PIN - 1 : PIN + 1) : 0;
  }

  /**
   * A is a disc, B a square: never colour alone.
   * @param {Context2D} context @param {Window} window @param {Side} side
   * @param {string} color
   */
  paintPin(context, window, { name, world }, color) {
    for (const k of window.copies(world[0], world[0])) {
      const [x, y] = [window.x(world[0], k) + this.aside(window, name), window.y(world[1])];
      context.beginPath();
      if (name === "a") context.arc(x, y, PIN, 0, 7);
      else context.roundRect(x - PIN, y - PIN, 2 * PIN, 2 * PIN, 3);
      context.fillStyle = this.page.theme.colors.card;
      context.fill();
      context.lineWidth = 2.5;
      context.strokeStyle = color;
      context.stroke();
      context.fillStyle = this.page.theme.colors.ink;
      context.font = `700 12px ${this.page.theme.font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(name.toUpperCase(), x, y + 0.5);
    }
  }

  /** @param {At} at */
  hover({ x, y }) {
    if (!this.sides.length) return null;
    if (this.view === "difference") {
      const more = this.difference && valueAt(this.difference, x, y);
      if (more === null) return null;
      return [`${more > 0 ? "A" : "B"} is higher by ${percent(Math.abs(more))}`];
    }
    const lines = [];
    for (const side of this.shown) {
      const p = valueAt(side, x, y);
      if (p !== null) lines.push(`${side.name.toUpperCase()} ${percent(p)}`);
    }
    return lines.length ? lines : null;
  }

  legend() {
    if (!this.sides.length) return null;
    const box = make("div", "compare-legend");
    const shown = this.view === "difference" ? this.sides : this.shown;
    for (const side of shown) box.append(this.legendRow(side));
    return box;
  }

  /** @param {Side} side */
  legendRow({ name, p }) {
    const isDifference = this.view === "difference";
    const label = isDifference ? `${name.toUpperCase()} is higher` : name.toUpperCase();
    const values = isDifference ? this.says(name) : p;
    const most = Math.max(0, ...values);
    const least = isDifference ? 0 : Math.max(most * DEEPEST, Math.min(...p, most));
    const [low, high] = [0.08, 0.63].map((alpha) => `rgba(${this.colors[name]},${alpha})`);
    const ramp = make("i", "ramp");
    ramp.style.backgroundImage = `linear-gradient(to right, ${low}, ${high})`;
    const row = make("div");
    row.append(
      make("b", "", label),
      make("span", "", legendPercent(least)),
      ramp,
      make("span", "", legendPercent(most)),
    );
    return row;
  }

  /**
   * By how much a side is higher than the other in each cell, below 0 where it is lower.
   * @param {Name} name
   */
  says(name) {
    return (this.difference?.p ?? []).map((more) => (name === "a" ? more : -more));
  }
}

/**
 * @param {Message.ComparedCells} cells
 * @returns {Promise<Cells>}
 */
async function fetchCells({ path, p }) {
  const response = await fetch(path);
  return { p, rings: Lines.fromBuffer(await response.arrayBuffer()) };
}

/**
 * @param {Message.ComparedSide} side @param {Name} name
 * @returns {Promise<Side>}
 */
async function fetchSide(side, name) {
  const { ring } = side;
  const circle = ring.length ? Lines.fromWorld([ring]) : null;
  return { ...(await fetchCells(side)), name, ring, circle, world: worldPoint(...side.at) };
}

/**
 * The value of the first cell around a world point, null where there is none.
 * @param {Cells} cells @param {number} x @param {number} y
 */
function valueAt({ rings, p }, x, y) {
  for (let i = 0; i < p.length; i++) if (rings.contains(i, x, y)) return p[i];
  return null;
}

/**
 * Points moved to the copy of the world that lies nearest the line.
 * @param {number[]} points @param {number[]} line
 */
function near(points, line) {
  const middle = line.length ? line[line.length - (line.length % 4 ? 2 : 4)] : points[0];
  return points.map((value, i) => (i % 2 ? value : value - Math.round(value - middle)));
}
