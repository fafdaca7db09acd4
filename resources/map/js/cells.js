// The heatmap: the cells of an answer, coloured by their probability, or by that of an equal area
// in each, so that a small cell of high probability stands out beside large ones.

import { COMBINED, PaintedCells } from "./painted_cells.js";
import { counted, percent } from "./text.js";
import { Lines } from "./world.js";

/**
 * @import { Layer, Partition } from "./painted_cells.js"
 * @import { Theme } from "./theme.js"
 *
 * @typedef {Layer & { byCell: Map<number, number>, credible: number[] }} AnswerLayer
 */

/** @type {Record<Message.Display["per"], number>} */
const DEEPEST = { cell: 1e-3, area: 1e-4 }; // the scale ends at this share of the highest value

/** @extends {PaintedCells<AnswerLayer>} */
export class Cells extends PaintedCells {
  /** @param {Theme} theme */
  constructor(theme) {
    super(theme);
    /** @type {Record<string, Message.Probabilities>} */
    this.all = {};
    /** @type {Message.Display} */
    this.display = { scale: "log", per: "area", least: 0, top: 0, region: 0 };
    /** @type {string | null} */
    this.wanted = null;
    this.hovered = -1;
  }

  /**
   * New partitions, coarse to fine; their outlines are fetched once.
   * @param {Message.PartitionFile[]} described
   */
  async setPartitions(described) {
    /** @type {Partition[]} */
    const wanted = described.map((partition) => ({ ...partition, rings: null, facts: null }));
    this.partitions = wanted;
    this.arrange();
    try {
      await Promise.all(wanted.map((partition) => this.fetchPartition(partition)));
    } catch (error) {
      if (this.partitions === wanted) throw error; // else another model has come meanwhile
    }
  }

  /** @param {Partition} partition */
  async fetchPartition(partition) {
    const files = [".bin", ".json"].map((suffix) => fetch(partition.path + suffix));
    const [rings, facts] = await Promise.all(files);
    partition.rings = Lines.fromBuffer(await rings.arrayBuffer());
    partition.areas = Float64Array.from({ length: partition.rings.count }, (_, i) =>
      partition.rings?.area(i) ?? 1,
    );
    partition.facts = await facts.json();
    this.show(this.display);
  }

  /**
   * Probabilities by layer name, or null for none.
   * @param {Record<string, Message.Probabilities> | null | undefined} layers
   */
  setLayers(layers) {
    this.all = layers ?? {};
    this.hovered = -1;
    this.show(this.display);
    this.arrange();
  }

  /**
   * Choose what is shown of them: see display.js.
   * @param {Message.Display} display
   */
  show(display) {
    this.display = display;
    this.layers = {};
    for (const [name, { cells, p }] of Object.entries(this.all)) {
      const order = Array.from(cells.keys()).sort((a, b) => p[a] - p[b]);
      const values = this.values(name, cells, p);
      const most = values.reduce((a, b) => Math.max(a, b), 0);
      const kept = order.slice(display.top ? -display.top : 0).filter((i) => p[i] >= display.least);
      if (display.per === "area") kept.sort((a, b) => values[a] - values[b]);
      const lowest = kept.length ? Math.max(values[kept[0]], most * DEEPEST[display.per]) : most;
      this.layers[name] = {
        cells: kept.map((i) => cells[i]),
        p: kept.map((i) => values[i]),
        byCell: new Map(kept.map((i) => [cells[i], p[i]])),
        most,
        least: display.scale === "linear" ? 0 : lowest,
        credible: credible(order, cells, p, display.region / 100),
      };
    }
  }

  /**
   * What the colours stand for, per cell.
   * @param {string} name of the layer @param {number[]} cells @param {number[]} p
   */
  values(name, cells, p) {
    const areas = this.partition(name)?.areas;
    if (this.display.per === "cell" || !areas) return p;
    return p.map((share, n) => share / areas[cells[n]]);
  }

  /** The cells of the active layer to outline. */
  get credible() {
    return this.layer?.credible ?? [];
  }

  /** How many cells of the active layer are shown, of how many. */
  get counts() {
    const shown = this.layer?.cells.length ?? 0;
    return { shown, all: this.all[this.active ?? ""]?.cells.length ?? 0 };
  }

  /** Names to choose from: partitions in order, then the combination. */
  get names() {
    const known = this.partitions.map((partition) => partition.name);
    return [...known, COMBINED].filter((name) => name in this.layers);
  }

  /** @param {string} name */
  choose(name) {
    this.wanted = name;
    this.arrange();
  }

  arrange() {
    const names = this.names;
    this.active = names.find((name) => name === this.wanted) ?? names.at(-1) ?? null;
  }

  /**
   * @override
   * @param {Pick<Layer, "least" | "most">} layer @param {number} value
   */
  shade(layer, value) {
    if (layer.most <= layer.least) return 1;
    if (this.display.scale === "linear") return Math.max(0, Math.min(1, value / layer.most));
    const t = Math.log(value / layer.least) / Math.log(layer.most / layer.least);
    return Math.max(0, Math.min(1, t));
  }

  /**
   * "3.2% · cell 47a1c · 214 training photos"
   * @param {number} cell
   */
  describe(cell) {
    const facts = this.partition()?.facts;
    const parts = [percent(this.layer?.byCell.get(cell) ?? 0)];
    if (facts) {
      parts.push(`cell ${facts.tokens[cell]}`);
      parts.push(counted(facts.photos[cell], "training photo", "training photos"));
    }
    return parts;
  }
}

/**
 * The smallest set of cells that holds a share of the probability; `order` is least first.
 * @param {number[]} order @param {number[]} cells @param {number[]} p @param {number} share
 */
function credible(order, cells, p, share) {
  /** @type {number[]} */
  const found = [];
  let mass = 0;
  for (let n = order.length - 1; n >= 0 && mass < share; n--) {
    found.push(cells[order[n]]);
    mass += p[order[n]];
  }
  return found;
}
