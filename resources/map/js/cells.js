// The heatmap: the cells of one layer, coloured by probability on a logarithmic scale.

import { Lines } from "./world.js";

export const COMBINED = "combined";
const SHADES = 48;
const LEAST_SIZE = 4; // pixels: a smaller cell is drawn as a square of this size
const BATCH = 64; // cells in one path: filling slows down with the square of its edges
const OUTLINED_FROM = 9; // pixels: from this size on a cell gets an outline
const DEEPEST = 1e-3; // the scale ends at this share of the highest probability
const VAST_FROM = 300; // pixels: a larger cell is painted fainter, or it would hide the map
const FAINTEST = 0.4;

export class Cells {
  constructor(theme) {
    this.theme = theme;
    this.partitions = [];
    this.all = {};
    this.layers = {};
    this.display = { scale: "log", least: 0, top: 0, region: 0 };
    this.active = null;
    this.hovered = -1;
  }

  /** New partitions, coarse to fine; their outlines are fetched once. */
  async setPartitions(described) {
    const wanted = described.map((partition) => ({ ...partition, rings: null, facts: null }));
    this.partitions = wanted;
    this.arrange();
    try {
      await Promise.all(wanted.map((partition) => this.fetchPartition(partition)));
    } catch (error) {
      if (this.partitions === wanted) throw error; // else another model has come meanwhile
    }
  }

  async fetchPartition(partition) {
    const files = [".bin", ".json"].map((suffix) => fetch(partition.path + suffix));
    const [rings, facts] = await Promise.all(files);
    partition.rings = Lines.fromBuffer(await rings.arrayBuffer());
    partition.facts = await facts.json();
  }

  /** Probabilities by layer name, or null for none. */
  setLayers(layers) {
    this.all = layers ?? {};
    this.hovered = -1;
    this.show(this.display);
    this.arrange();
  }

  /** Choose what is shown of them: see display.js. */
  show(display) {
    this.display = display;
    this.layers = {};
    for (const [name, { cells, p }] of Object.entries(this.all)) {
      const order = Array.from(cells.keys()).sort((a, b) => p[a] - p[b]);
      const most = Math.max(...p, 0);
      const kept = order.slice(display.top ? -display.top : 0).filter((i) => p[i] >= display.least);
      const lowest = kept.length ? Math.max(p[kept[0]], most * DEEPEST) : most;
      this.layers[name] = {
        cells: kept.map((i) => cells[i]),
        p: kept.map((i) => p[i]),
        byCell: new Map(kept.map((i) => [cells[i], p[i]])),
        most,
        least: display.scale === "linear" ? 0 : lowest,
        credible: credible(order, cells, p, display.region / 100),
      };
    }
  }

  /** The cells of the active layer to outline. */
  get credible() {
    return this.layers[this.active]?.credible ?? [];
  }

  /** How many cells of the active layer are shown, of how many. */
  get counts() {
    const shown = this.layers[this.active]?.cells.length ?? 0;
    return { shown, all: this.all[this.active]?.cells.length ?? 0 };
  }

  /** Names to choose from: partitions in order, then the combination. */
  get names() {
    const known = this.partitions.map((partition) => partition.name);
    return [...known, COMBINED].filter((name) => name in this.layers);
  }

  choose(name) {
    this.wanted = name;
    this.arrange();
  }

  arrange() {
    const names = this.names;
    this.active = names.includes(this.wanted) ? this.wanted : (names.at(-1) ?? null);
  }

  partition(name = this.active) {
    if (name === COMBINED) return this.partitions.at(-1);
    return this.partitions.find((partition) => partition.name === name);
  }

  /** Place on the ramp, 0…1, of a probability. */
  shade(layer, p) {
    if (layer.most <= layer.least) return 1;
    if (this.display.scale === "linear") return Math.max(0, Math.min(1, p / layer.most));
    const t = Math.log(p / layer.least) / Math.log(layer.most / layer.least);
    return Math.max(0, Math.min(1, t));
  }

  /** In steps of some dozen cells: see painting.js. */
  *paint(context, window) {
    const layer = this.layers[this.active];
    const rings = this.partition()?.rings;
    if (!layer || !rings) return;
    const piles = this.pile(layer, rings, window);
    for (const [shade, seen] of piles) {
      yield;
      const t = shade / (SHADES - 1);
      context.fillStyle = this.theme.heat(t);
      context.strokeStyle = this.theme.edge(t);
      context.lineWidth = 0.8;
      for (const [i, k, size] of seen) {
        if (size < LEAST_SIZE) dot(context, window, rings, i, k);
      }
      const large = seen.filter(([, , size]) => size >= LEAST_SIZE);
      const whole = large.filter(([, , size]) => size < VAST_FROM);
      for (let n = 0; n < whole.length; n += BATCH) {
        this.paintBatch(context, window, rings, whole.slice(n, n + BATCH));
        yield;
      }
      for (const cell of large.filter(([, , size]) => size >= VAST_FROM)) {
        context.globalAlpha = Math.max(FAINTEST, VAST_FROM / cell[2]);
        this.paintBatch(context, window, rings, [cell]);
        context.globalAlpha = 1;
      }
    }
  }

  paintBatch(context, window, rings, seen) {
    context.beginPath();
    for (const [i, k] of seen) window.trace(context, rings, i, k, true);
    context.fill();
    const outlined = seen.filter(([, , size]) => size >= OUTLINED_FROM);
    if (!outlined.length) return;
    if (outlined.length < seen.length) {
      context.beginPath();
      for (const [i, k] of outlined) window.trace(context, rings, i, k, true);
    }
    context.stroke();
  }

  /** Seen cells by shade, faintest first: shade → [cell, copy, size in pixels]. */
  pile(layer, rings, window) {
    const piles = new Map();
    for (let n = 0; n < layer.cells.length; n++) {
      const i = layer.cells[n];
      const b = 4 * i;
      if (i >= rings.count || !window.showsRows(rings.boxes[b + 1], rings.boxes[b + 3])) continue;
      const size =
        Math.max(rings.boxes[b + 2] - rings.boxes[b], rings.boxes[b + 3] - rings.boxes[b + 1]) *
        window.scale;
      const shade = Math.round(this.shade(layer, layer.p[n]) * (SHADES - 1));
      for (const k of window.copies(rings.boxes[b], rings.boxes[b + 2])) {
        if (!piles.has(shade)) piles.set(shade, []);
        piles.get(shade).push([i, k, size]);
      }
    }
    return piles;
  }

  /** The drawn cell under a world point, -1 for none. Where cells are tiny, the nearest square. */
  cellAt(x, y, scale) {
    const layer = this.layers[this.active];
    const rings = this.partition()?.rings;
    if (!layer || !rings) return -1;
    const reach = LEAST_SIZE / 2 / scale;
    for (let n = layer.cells.length - 1; n >= 0; n--) {
      const i = layer.cells[n];
      if (i < rings.count && (rings.contains(i, x, y) || tinyAt(rings, i, x, y, reach))) return i;
    }
    return -1;
  }

  /** "3.2 % · cell 47a1c · 214 training photos" */
  describe(cell, percent) {
    const facts = this.partition()?.facts;
    const parts = [percent(this.layers[this.active].byCell.get(cell) ?? 0)];
    if (facts) {
      const photos = facts.photos[cell];
      parts.push(`cell ${facts.tokens[cell]}`);
      parts.push(`${photos.toLocaleString("en")} training photo${photos === 1 ? "" : "s"}`);
    }
    return parts;
  }
}

/** The smallest set of cells that holds a share of the probability; `order` is least first. */
function credible(order, cells, p, share) {
  const found = [];
  let mass = 0;
  for (let n = order.length - 1; n >= 0 && mass < share; n--) {
    found.push(cells[order[n]]);
    mass += p[order[n]];
  }
  return found;
}

function dot(context, window, rings, i, k) {
  const b = 4 * i;
  const x = window.x((rings.boxes[b] + rings.boxes[b + 2]) / 2, k);
  const y = window.y((rings.boxes[b + 1] + rings.boxes[b + 3]) / 2);
  const half = LEAST_SIZE / 2;
  context.fillRect(Math.round(x) - half, Math.round(y) - half, LEAST_SIZE, LEAST_SIZE);
}

function tinyAt(rings, i, x, y, reach) {
  const [left, top, right, bottom] = rings.boxes.subarray(4 * i, 4 * i + 4);
  if (right - left > 2 * reach || bottom - top > 2 * reach) return false;
  const dx = Math.abs(x - (left + right) / 2);
  return Math.min(dx, Math.abs(dx - 1)) <= reach && Math.abs(y - (top + bottom) / 2) <= reach;
}
