// Explore: all cells of one level of the model, coloured by what is known about them, the chosen
// cell, training photos, and a level that divides into the next one.

import { Cells } from "../cells.js";
import { Lines } from "../world.js";
import { ExploreLegend, counted, squareKm } from "./explore_legend.js";
import { Split } from "./explore_split.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At } from "../parts.js"
 * @import { Window } from "../world.js"
 */

const DECADES = 3; // a logarithmic scale reaches so far to both sides of the median
const POINTS_PER_STEP = 1000;
const REACH = 7; // pixels between the pointer and a point that it means

/** Cells with values of any kind instead of probabilities, on a linear or a logarithmic scale. */
class ValueCells extends Cells {
  /** @param {ValueLayer} layer @param {number} value */
  shade(layer, value) {
    if (layer.most <= layer.least) return 1;
    const { least, most } = layer;
    const t = layer.isLinear
      ? (value - least) / (most - least)
      : Math.log(Math.max(value, least) / least) / Math.log(most / least);
    return Math.max(0, Math.min(1, t));
  }
}

export class Explore {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    this.cells = new ValueCells(page.theme);
    this.facts = []; // per level what was fetched: areas, shares, places, parents
    this.state = null;
    this.shown = null; // bytes, 1 for a cell that the filter lets through
    this.points = null; // Float64Array of world x, y
    this.chosen = null; // outlines, see `choose`
    this.hovered = -1;
    this.split = new Split(this);
    this.legendCard = new ExploreLegend((kind, value) => this.page.bridge.report(kind, value));
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
   * { level, names, titles, measure, log, shown } or null: nothing is explored.
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
    if (before && state && before.level !== state.level) this.split.start(before.level, state.level);
  }

  /**
   * { cell, rings: [{ ring, role }], mark: { at, text } } or null.
   * @param {Message.ChosenCell | null} chosen
   */
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
    const layer = this.layer(state.level, this.shown);
    if (layer) this.cells.layers[name] = layer;
    this.cells.active = name;
  }

  /** The outlines of a new model come when they come: until then there is nothing to colour. */
  ensure() {
    const isOld = this.cells.partitions !== this.page.cells.partitions;
    if (isOld || !this.cells.layers[this.cells.active]) this.arrange();
  }

  /**
   * The cells of a level with their values, least first.
   * @param {number} level @param {Uint8Array | null} shown
   */
  layer(level, shown) {
    const known = this.values(level);
    if (!known) return null;
    const order = Array.from(known.keys()).sort((a, b) => known[a] - known[b]);
    const positive = known[order.find((cell) => known[cell] > 0)] ?? 0;
    const isLinear = !this.state.log;
    const highest = known[order.at(-1)] ?? 0;
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

  /** @param {number} level */
  values(level) {
    const partition = this.page.cells.partitions.find(({ name }) => name === this.state.names[level]);
    if (this.state.measure === "photos") return partition?.facts?.photos;
    return this.facts[level]?.[this.state.measure];
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
    yield* this.paintPoints(context, window);
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
      for (const [width, color] of [[role === "cell" ? 5.4 : 4, colors.casing], [role === "cell" ? 2.6 : 1.6, colors.accent]]) {
        context.setLineDash(role === "cell" ? [] : [7, 4]);
        context.lineWidth = width;
        context.strokeStyle = color;
        context.stroke();
      }
    }
    context.setLineDash([]);
    if (this.chosen.mark) this.paintMark(context, window, this.chosen.mark);
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
   * @param {Message.ChosenCell["mark"]} chosenCell
   */
  paintMark(context, window, { at }) {
    const { colors } = this.page.theme;
    for (const k of window.copies(at[0], at[0])) {
      const [x, y] = [window.x(at[0], k), window.y(at[1])];
      for (const [radius, width, color] of [[7, 4.5, colors.halo], [7, 2, colors.accent]]) {
        context.beginPath();
        context.arc(x, y, radius, 0, 7);
        context.lineWidth = width;
        context.strokeStyle = color;
        context.stroke();
      }
      context.beginPath();
      context.arc(x, y, 2.2, 0, 7);
      context.fillStyle = colors.accent;
      context.fill();
    }
  }

  /**
   * Training photos: a dot where there is room, and never two on the same spot of the screen.
   * @param {Context2D} context @param {Window} window
   */
  *paintPoints(context, window) {
    if (!this.points) return;
    const { colors } = this.page.theme;
    const seen = this.seenPoints(window);
    yield;
    const size = seen.length > 4000 ? 3 : seen.length > 600 ? 4 : 6;
    for (const [grow, color] of [[1, colors.halo], [0, colors.known]]) {
      if (grow && size < 4) continue;
      context.fillStyle = color;
      const side = size + 2 * grow;
      for (const [n, [x, y]] of seen.entries()) {
        context.fillRect(x - side / 2, y - side / 2, side, side);
        if (n % POINTS_PER_STEP === 0) yield;
      }
    }
  }

  /** @param {Window} window */
  seenPoints(window) {
    const { points } = this;
    const columns = Math.ceil(window.width / 2) + 8;
    const taken = new Uint8Array(columns * (Math.ceil(window.height / 2) + 8));
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
    if (cell >= 0) return this.describe(cell);
    return this.pointAt(at) >= 0 ? ["Training photo", `${at.lat.toFixed(4)}, ${at.lon.toFixed(4)}`] : null;
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

  /** @param {number} cell */
  describe(cell) {
    const partition = this.cells.partition();
    const facts = this.facts[this.state.level];
    const lines = [facts?.places?.[cell] || `Cell ${partition.facts.tokens[cell]}`];
    if (facts?.places?.[cell]) lines.push(`cell ${partition.facts.tokens[cell]}`);
    if (facts) lines.push(`S2 level ${facts.s2[cell]}`);
    lines.push(counted(partition.facts.photos[cell], "training photo", "training photos"));
    if (facts) lines.push(squareKm(facts.area[cell]));
    return lines;
  }

  /** @param {At} at */
  pointAt({ x, y, scale }) {
    let [best, nearest] = [-1, REACH / scale];
    for (let n = 0; n < (this.points?.length ?? 0); n += 2) {
      const dx = Math.abs(this.points[n] - x) % 1;
      const away = Math.hypot(Math.min(dx, 1 - dx), this.points[n + 1] - y);
      if (away < nearest) [best, nearest] = [n / 2, away];
    }
    return best;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.state || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.target.matches("input:not([type=radio]), select")) return false;
    const meanings = {
      "[": "coarser", "]": "finer", PageUp: "coarser", PageDown: "finer",
      p: "parent", c: "child", "/": "search", Backspace: "back",
    };
    const meaning = meanings[event.key] ?? meanings[event.key.toLowerCase()];
    if (meaning) this.page.bridge.report("exploreKey", meaning);
    return Boolean(meaning);
  }

  legend() {
    if (!this.state || this.state.level < 0) return null;
    this.ensure();
    return this.legendCard.show(this.state, this.cells, this.page.theme);
  }
}
