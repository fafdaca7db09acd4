// Two answers on one map: A in orange, B in blue, or what the one says more than the other.

import { percent } from "../text.js";
import { Lines, worldPoint } from "../world.js";

const COLORS = {
  light: { a: [200, 82, 0], b: [18, 94, 170] },
  dark: { a: [255, 158, 74], b: [98, 176, 255] },
};
const DEEPEST = 1e-3; // the scale ends at this share of the highest probability
const LEAST_SIZE = 4; // pixels: a smaller cell is drawn as a square of this size
const PIN = 11; // pixels
const CELLS_PER_STEP = 64;

export class Compare {
  constructor(page) {
    this.page = page;
    this.sides = [];
    this.difference = null;
    this.line = null;
    this.view = "both";
    this.mustFit = false;
    this.cell = null;
    this.topics = {
      compare: (state) => this.set(state),
      compareCell: (ring) => (this.cell = ring && Lines.fromWorld([ring])),
    };
  }

  /** { sides: [{ path, p, at, ring }], difference: { path, p } or null, line, view, fit } or null. */
  async set(state) {
    this.wanted = state;
    this.mustFit = Boolean(state?.fit) || (Boolean(state) && this.mustFit);
    const read = await Promise.all([
      ...(state?.sides ?? []).map((side) => withRings(side)),
      state?.difference ? withRings(state.difference) : null,
    ]);
    if (this.wanted !== state) return; // another comparison has come meanwhile
    this.difference = read.pop();
    this.sides = read.map((side) => ({
      ...side,
      world: worldPoint(...side.at),
      circle: side.ring.length ? Lines.fromWorld([side.ring]) : null,
    }));
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
    if (rings.length || isWide) this.page.motion.fitOutline([...line, ...near(rings, line)]);
    else this.page.motion.fitWorld();
  }

  get isEmpty() {
    return !this.sides.length;
  }

  get colors() {
    return COLORS[this.page.theme.name];
  }

  get shown() {
    return this.sides.map((side, i) => [side, "ab"[i]]).filter(([, name]) => this.view === "both" || this.view === name);
  }

  *paintGround(context, window) {
    if (this.view === "difference") {
      if (this.difference) yield* this.paintDifference(context, window);
      return;
    }
    for (const [side, name] of this.shown) yield* this.paintCells(context, window, side, this.colors[name]);
  }

  *paintCells(context, window, { rings, p }, color) {
    const most = Math.max(...p, 0);
    for (let i = p.length - 1; i >= 0; i--) {
      const depth = 1 + Math.log(Math.max(p[i] / most, DEEPEST)) / -Math.log(DEEPEST);
      this.paintCell(context, window, rings, i, `rgba(${color},${(0.08 + 0.55 * depth).toFixed(3)})`, `rgba(${color},0.4)`);
      if (i % CELLS_PER_STEP === 0) yield;
    }
  }

  *paintDifference(context, window) {
    const { rings, p } = this.difference;
    const most = Math.max(...p.map(Math.abs), 1e-9);
    for (let i = p.length - 1; i >= 0; i--) {
      const color = p[i] > 0 ? this.colors.a : this.colors.b;
      const depth = Math.sqrt(Math.abs(p[i]) / most);
      this.paintCell(context, window, rings, i, `rgba(${color},${(0.06 + 0.74 * depth).toFixed(3)})`, `rgba(${color},0.7)`);
      if (i % CELLS_PER_STEP === 0) yield;
    }
  }

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
      context.beginPath();
      window.trace(context, rings, i, k, true);
      context.fill();
      if (size > 9) context.stroke();
    }
  }

  paintAbove(context, window) {
    const { casing, ink } = this.page.theme.colors;
    if (this.cell) this.stroke(context, window, this.cell, [[5, casing, []], [2.4, ink, []]], true);
    if (this.line && this.sides.length > 1) {
      this.stroke(context, window, this.line, [[4, casing, []], [1.8, ink, [6, 4]]]);
    }
    for (const [side, name] of this.view === "difference" ? this.sides.map((s, i) => [s, "ab"[i]]) : this.shown) {
      const color = `rgb(${this.colors[name]})`;
      if (side.circle) this.stroke(context, window, side.circle, [[4, casing, []], [2, color, name === "a" ? [] : [7, 4]]]);
      this.paintPin(context, window, side, name, color);
    }
  }

  stroke(context, window, lines, strokes, isRing = false) {
    const [left, , right] = lines.boxes;
    for (const [width, color, dash] of strokes) {
      context.beginPath();
      for (const k of window.copies(left, right)) window.trace(context, lines, 0, k, isRing);
      context.setLineDash(dash);
      context.lineWidth = width;
      context.strokeStyle = color;
      context.stroke();
    }
    context.setLineDash([]);
  }

  /** Pixels to the side, where two pins would lie on each other. */
  aside(window, name) {
    if (this.sides.length < 2 || this.view === "a" || this.view === "b") return 0;
    const [a, b] = this.sides.map((side) => side.world);
    const apart = Math.hypot(a[0] - b[0], a[1] - b[1]) * window.scale;
    return apart < 2 * PIN ? (name === "a" ? -PIN - 1 : PIN + 1) : 0;
  }

  /** A is a disc, B a square: never colour alone. */
  paintPin(context, window, { world }, name, color) {
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

  hover({ x, y }) {
    if (!this.sides.length) return null;
    const lines = [];
    if (this.view === "difference") {
      const i = cellAt(this.difference, x, y);
      if (i < 0) return null;
      const { p } = this.difference;
      return [`${p[i] > 0 ? "A" : "B"} is higher by ${percent(Math.abs(p[i]))}`];
    }
    for (const [side, name] of this.shown) {
      const i = cellAt(side, x, y);
      if (i >= 0) lines.push(`${name.toUpperCase()} ${percent(side.p[i])}`);
    }
    return lines.length ? lines : null;
  }

  legend() {
    if (!this.sides.length) return null;
    const box = document.createElement("div");
    box.className = "compare-legend";
    const texts = this.view === "difference" ? ["A higher", "B higher"] : ["A", "B"];
    const shown = this.view === "both" || this.view === "difference" ? "ab" : this.view;
    for (const [i, name] of [...shown].entries()) {
      const side = this.sides["ab".indexOf(name)];
      if (!side) continue;
      const row = document.createElement("div");
      const most = this.view === "difference"
        ? Math.max(0, ...(this.difference?.p ?? []).map((d) => (name === "a" ? d : -d)))
        : Math.max(0, ...side.p);
      const least = this.view === "difference" ? 0 : Math.max(most * DEEPEST, Math.min(...side.p, most));
      const label = this.view === "difference" ? texts[i] : name.toUpperCase();
      const [low, high] = [0.08, 0.63].map((a) => `rgba(${this.colors[name]},${a})`);
      row.append(text("b", label), text("span", percent(least)), ramp(low, high), text("span", percent(most)));
      box.append(row);
    }
    return box;
  }
}

async function withRings(described) {
  const response = await fetch(described.path);
  return { ...described, rings: Lines.fromBuffer(await response.arrayBuffer()) };
}

function cellAt(side, x, y) {
  for (let i = 0; i < (side?.p.length ?? 0); i++) if (side.rings.contains(i, x, y)) return i;
  return -1;
}

/** Points moved to the copy of the world that lies nearest the line. */
function near(points, line) {
  const middle = line.length ? line[line.length - (line.length % 4 ? 2 : 4)] : points[0];
  return points.map((value, i) => (i % 2 ? value : value - Math.round(value - middle)));
}

function text(tag, content) {
  const made = document.createElement(tag);
  made.textContent = content;
  return made;
}

function ramp(low, high) {
  const made = document.createElement("i");
  made.className = "ramp";
  made.style.backgroundImage = `linear-gradient(to right, ${low}, ${high})`;
  return made;
}
