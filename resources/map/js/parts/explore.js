// Explore: all cells of one level of the model, coloured by what is known about them, the chosen
// cell, training photos, and a level that divides into the next one.

import { isOn } from "../dom.js";
import { strokePath } from "../painting.js";
import { area, coordinates, counted } from "../text.js";
import { Lines } from "../world.js";
import { ValueCells } from "./explore_cells.js";
import { ExploreLegend } from "./explore_legend.js";
import { Split } from "./explore_split.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At, Part, Topics } from "../parts.js"
 * @import { Window } from "../world.js"
 * @import { ValueLayer } from "./explore_cells.js"
 *
 * @typedef {{ role: "asked" | "cell" | "parent", lines: Lines }} Outline
 * @typedef {Message.ChosenCell & { outlines: Outline[] }} Chosen
 */

/** @type {Record<string, string>} */
const MEANINGS = {
  "[": "coarser", "]": "finer", PageUp: "coarser", PageDown: "finer",
  p: "parent", c: "child", "/": "search", Backspace: "back",
};

const DECADES = 3; // a logarithmic scale reaches so far to both sides of the median
const POINTS_PER_STEP = 1000;
const REACH = 7; // pixels between the pointer and a point that it means

/** @implements {Part} */
export class Explore {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    this.cells = new ValueCells(page.theme);
    /** @type {Message.LevelFacts[]} */
    this.facts = []; // per level what was fetched
    /** @type {Message.Exploration | null} */
    this.state = null;
    /** @type {Uint8Array | null} */
    this.shown = null; // bytes, 1 for a cell that the filter lets through
    /** @type {Float64Array | null} */
    this.points = null; // training photos, as world x, y
    /** @type {Chosen | null} */
    this.chosen = null;
    this.hovered = -1;
    /** @type {Message.Exploration | null} */
    this.wanted = null; // the newest of each, while it is being fetched
    /** @type {string[] | null} */
    this.wantedFacts = null;
    /** @type {string | null} */
    this.wantedPoints = null;
    this.split = new Split(this);
    this.legendCard = new ExploreLegend(page.bridge);
    /** @type {Topics} */
    this.topics = {
      exploreFacts: (paths) => this.setFacts(paths),
      explore: (state) => this.setState(state),
      exploreChosen: (chosen) => this.choose(chosen),
      explorePoints: (path) => this.setPoints(path),
    };
  }

  // --- what the window sends -------------------------------------------------------------

  /**
   * Paths of one file per level, coarse to fine; null for none.
   * @param {string[] | null} paths
   */
  async setFacts(paths) {
    this.wantedFacts = paths;
    const files = await Promise.all((paths ?? []).map(async (path) => (await fetch(path)).json()));
    if (this.wantedFacts !== paths) return; // another model has come meanwhile
    this.facts = files;
    this.arrange();
  }

  /**
   * Null: nothing is explored.
   * @param {Message.Exploration | null} state
   */
  async setState(state) {
    const before = this.state;
    this.wanted = state;
    const shown = state?.shown ? new Uint8Array(await (await fetch(state.shown)).arrayBuffer()) : null;
    if (this.wanted !== state) return;
    this.state = state;
    this.shown = shown;
    this.hovered = -1;
    this.split.stop();
    this.arrange();
    if (before && state && before.level !== state.level) {
      this.split.start(state, before.level, state.level);
    }
  }

  /** @param {Message.ChosenCell | null} chosen */
  choose(chosen) {
    this.chosen = chosen && {
      ...chosen,
      outlines: chosen.rings.map(({ ring, role }) => ({ role, lines: Lines.fromWorld([ring]) })),
    };
  }

  /** @param {string | null} path */
  async setPoints(path) {
    this.wantedPoints = path;
    const points = path ? new Float64Array(await (await fetch(path)).arrayBuffer()) : null;
    if (this.wantedPoints === path) this.points = points;
  }

  /** Values of the level that is on, as a layer that Cells can paint. */
  arrange() {
    const { state } = this;
    this.cells.partitions = this.page.cells.partitions;
    this.cells.layers = {};
    if (!state || state.level < 0) return;
    const name = state.names[state.level];
    const layer = this.layer(state, state.level, this.shown);
    if (layer) this.cells.layers[name] = layer;
    this.cells.active = name;
  }

  /** The outlines of a new model come when they come: until then there is nothing to colour. */
  ensure() {
    const isOld = this.cells.partitions !== this.page.cells.partitions;
    if (isOld || !this.cells.layer) this.arrange();
  }

  /**
   * The cells of a level with their values, least first; null until these are there.
   * @param {Message.Exploration} state @param {number} level @param {Uint8Array | null} shown
   * @returns {ValueLayer | null}
   */
  layer(state, level, shown) {
    const known = this.values(state, level);
    if (!known) return null;
    const order = Array.from(known.keys()).sort((a, b) => known[a] - known[b]);
    const positive = known[order.find((cell) => known[cell] > 0) ?? -1] ?? 0;
    const isLinear = !state.log;
    const highest = known[order[order.length - 1]] ?? 0;
    const middle = known[order[order.length >> 1]] ?? 0;
    const [least, most] = isLinear
      ? [0, highest]
      : [Math.max(positive, middle / 10 ** DECADES), Math.min(highest, middle * 10 ** DECADES)];
    const cells = shown ? order.filter((cell) => shown[cell]) : order;
    return {
      cells,
      p: cells.map((cell) => known[cell]),
      values: known,
      isLinear,
      least,
      most,
      isCut: !isLinear && positive < least,
      isCapped: most < highest,
    };
  }

  /** @param {Message.Exploration} state @param {number} level */
  values({ names, measure }, level) {
    const partition = this.page.cells.partitions.find(({ name }) => name === names[level]);
    if (measure === "photos") return partition?.facts?.photos;
    return this.facts[level]?.[measure];
  }

  get isEmpty() {
    return !this.state && !this.chosen && !this.points;
  }

  // --- painting --------------------------------------------------------------------------

  /** @param {Context2D} context @param {Window} window */
  *paintGround(context, window) {
    if (!this.state) return;
    this.ensure();
    if (!this.split.isRunning) yield* this.cells.paint(context, window);
    if (this.points) yield* this.paintPoints(context, window, this.points);
  }

  /** @param {Context2D} context @param {Window} window */
  paintAbove(context, window) {
    if (this.split.isRunning) {
      // Above the map, which then need not be painted in every frame; its names stay readable.
      this.split.paint(context, window);
      context.save();
      for (const _step of this.page.labels.paint(context, window));
      context.restore();
    }
    this.paintHovered(context, window);
    this.paintChosen(context, window);
  }

  /** @param {Context2D} context @param {Window} window */
  paintHovered(context, window) {
    const rings = this.cells.partition()?.rings;
    if (this.hovered < 0 || !rings || this.split.isRunning) return;
    this.outline(context, window, rings, this.hovered);
    context.strokeStyle = this.page.theme.colors.ink;
    context.lineWidth = 1.6;
    context.stroke();
  }

  /** @param {Context2D} context @param {Window} window */
  paintChosen(context, window) {
    if (!this.chosen) return;
    const { colors } = this.page.theme;
    context.lineJoin = "round";
    for (const { role, lines } of this.chosen.outlines) {
      this.outline(context, window, lines, 0);
      if (role === "cell") strokePath(context, [[5.4, colors.casing, []], [2.6, colors.accent, []]]);
      else strokePath(context, [[4, colors.casing, [7, 4]], [1.6, colors.accent, [7, 4]]]);
    }
    this.paintMark(context, window, this.chosen.mark);
  }

  /** @param {Context2D} context @param {Window} window @param {Lines} rings @param {number} i */
  outline(context, window, rings, i) {
    const b = 4 * i;
    context.beginPath();
    if (!window.showsRows(rings.boxes[b + 1], rings.boxes[b + 3])) return;
    for (const k of window.copies(rings.boxes[b], rings.boxes[b + 2])) {
      window.trace(context, rings, i, k, true);
    }
  }

  /**
   * A ring with a dot: the place that was asked for, or where a cell's photos are.
   * @param {Context2D} context @param {Window} window
   * @param {Message.ChosenCell["mark"]} mark
   */
  paintMark(context, window, { at }) {
    const { colors } = this.page.theme;
    for (const k of window.copies(at[0], at[0])) {
      const [x, y] = [window.x(at[0], k), window.y(at[1])];
      context.beginPath();
      context.arc(x, y, 7, 0, 7);
      strokePath(context, [[4.5, colors.halo, []], [2, colors.accent, []]]);
      context.beginPath();
      context.arc(x, y, 2.2, 0, 7);
      context.fillStyle = colors.accent;
      context.fill();
    }
  }

  /**
   * Training photos: a dot where there is room, and never two on the same spot of the screen.
   * @param {Context2D} context @param {Window} window @param {Float64Array} points
   */
  *paintPoints(context, window, points) {
    const { colors } = this.page.theme;
    const seen = this.seenPoints(window, points);
    yield;
    const size = seen.length > 4000 ? 3 : seen.length > 600 ? 4 : 6;
    for (const isHalo of size < 4 ? [false] : [true, false]) {
      context.fillStyle = isHalo ? colors.halo : colors.known;
      const side = isHalo ? size + 2 : size;
      for (const [n, [x, y]] of seen.entries()) {
        context.fillRect(x - side / 2, y - side / 2, side, side);
        if (n % POINTS_PER_STEP === 0) yield;
      }
    }
  }

  // --- what the user does ------------------------------------------------------------------

  /** @param {At} at */
  click(at) {
    if (!this.state) return false;
    const point = this.pointAt(at);
    const cell = this.cells.cellAt(at.x, at.y, at.scale);
    const { bridge } = this.page;
    if (point >= 0 && this.state.level < 0) bridge.report("exploreTrainingPhoto", point);
    else if (cell >= 0) bridge.report("exploreCell", this.state.level, cell);
    else bridge.report("exploreSpot", at.lat, at.lon);
    return true;
  }

  /** @param {At} at */
  hover(at) {
    if (!this.state) return null;
    const cell = this.cells.cellAt(at.x, at.y, at.scale);
    this.setHovered(cell);
    if (cell >= 0) return this.describe(this.state.level, cell);
    return this.pointAt(at) >= 0 ? ["Training photo", coordinates(at.lat, at.lon)] : null;
  }

  unhover() {
    this.setHovered(-1);
  }

  /** @param {number} cell */
  setHovered(cell) {
    if (cell === this.hovered) return;
    this.hovered = cell;
    this.page.above.invalidate();
  }

  /** @param {number} level @param {number} cell */
  describe(level, cell) {
    const known = this.cells.partition()?.facts;
    const facts = this.facts[level];
    const place = facts?.places?.[cell];
    const token = known?.tokens[cell] ?? "";
    const lines = place ? [place, `cell ${token}`] : [`Cell ${token}`];
    if (facts) lines.push(`S2 level ${facts.s2[cell]}`);
    if (known) lines.push(counted(known.photos[cell], "training photo", "training photos"));
    if (facts) lines.push(area(facts.area[cell]));
    return lines;
  }

  /** @param {At} at */
  pointAt({ x, y, scale }) {
    const points = this.points ?? new Float64Array(0);
    let [best, nearest] = [-1, REACH / scale];
    for (let n = 0; n < points.length; n += 2) {
      const dx = Math.abs(points[n] - x) % 1;
      const away = Math.hypot(Math.min(dx, 1 - dx), points[n + 1] - y);
      if (away < nearest) [best, nearest] = [n / 2, away];
    }
    return best;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.state || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (isOn(event, "input:not([type=radio]), select")) return false;
    const meaning = MEANINGS[event.key] ?? MEANINGS[event.key.toLowerCase()];
    if (meaning) this.page.bridge.report("exploreKey", meaning);
    return Boolean(meaning);
  }

  legend() {
    if (!this.state || this.state.level < 0) return null;
    this.ensure();
    return this.legendCard.show(this.state, this.cells, this.page.theme);
  }

  /**
   * Where points stand in the window, in pixels: one on every two by two of them.
   * @param {Window} window @param {Float64Array} points
   */
  seenPoints(window, points) {
    const columns = Math.ceil(window.width / 2) + 8;
    const taken = new Uint8Array(columns * (Math.ceil(window.height / 2) + 8));
    /** @type {[x: number, y: number][]} */
    const seen = [];
    for (let n = 0; n < points.length; n += 2) {
      const y = window.y(points[n + 1]);
      if (y < -4 || y > window.height + 4) continue;
      for (const k of window.copies(points[n], points[n])) {
        const x = window.x(points[n], k);
        if (x < -4 || x > window.width + 4) continue;
        const spot = (Math.round(y / 2) + 3) * columns + Math.round(x / 2) + 3;
        if (taken[spot]) continue;
        taken[spot] = 1;
        seen.push([Math.round(x), Math.round(y)]);
      }
    }
    return seen;
  }
}
