// Dots of the photos in the worklist: tens of thousands, so none is painted where one stands, or
// those that lie together are one mark.

import { make } from "../../dom.js";
import { whole } from "../../text.js";
import { Clusters } from "./clusters.js";

/**
 * @import { MapPage } from "../../main.js"
 * @import { At } from "../../parts.js"
 * @import { Window } from "../../world.js"
 */

const [DECIDED, KNOWN, REJECTED] = [1, 2, 3]; // kinds; 0 is open
const [FINE, MIDDLE, COARSE, UNSURE] = [4, 5, 6, 7]; // kinds of open ones, by level
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
    this.isClustered = false;
    /** @type {[kind: number, title: string][]} */
    this.titles = []; // of the kinds, for the legend
    this.clusters = new Clusters(this);
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
    this.clusters.forget();
    this.isClustered = Boolean(value?.clustered);
    this.titles = value?.titles ?? [];
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
    this.clusters.forget();
  }

  /**
   * In steps of some hundred dots: see painting.js.
   * @param {Context2D} context @param {Window} window @param {number} opacity
   */
  *paint(context, window, opacity) {
    context.globalAlpha = opacity;
    if (this.isClustered) {
      yield* this.clusters.paint(context, window);
      context.globalAlpha = 1;
      return;
    }
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
   * The finer, the darker; what the model cannot tell is grey.
   * @param {number} kind
   */
  color(kind) {
    const { colors } = this.page.theme;
    if (kind === KNOWN || (kind === DECIDED && this.isClustered)) return colors.known;
    if (kind === REJECTED || kind === UNSURE) return colors["ink-soft"];
    return kind === MIDDLE ? colors.other : kind === COARSE ? colors["ink-sea"] : colors.accent;
  }

  /**
   * Decided or fine: filled; open: hollow; with GPS: a square; rejected or unsure: small and grey.
   * @param {Context2D} context @param {number} x @param {number} y @param {number} kind
   */
  paintDot(context, x, y, kind) {
    const { colors } = this.page.theme;
    const color = this.color(kind);
    const isSmall = kind === REJECTED || kind === UNSURE;
    context.beginPath();
    if (kind === KNOWN) context.rect(x - 3.5, y - 3.5, 7, 7);
    else context.arc(x, y, isSmall ? 2.5 : 4, 0, 7);
    context.strokeStyle = colors.halo;
    context.lineWidth = 4;
    context.stroke();
    context.fillStyle = kind === DECIDED || kind === FINE || isSmall ? color : colors.card;
    context.fill();
    context.strokeStyle = color;
    context.lineWidth = 1.7;
    context.stroke();
  }

  /**
   * The number of the photo whose dot is nearest, or null; of a mark of many its first one.
   * @param {At} at
   */
  under(at) {
    if (this.isClustered) {
      const cluster = this.clusters.under(at);
      return cluster ? this.numbers[cluster.members[0]] : null;
    }
    const { x, y, scale } = at;
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

  /**
   * The numbers of all photos under a mark; one at most where nothing is clustered.
   * @param {At} at
   */
  allUnder(at) {
    const cluster = this.isClustered ? this.clusters.under(at) : null;
    return cluster ? cluster.members.map((i) => this.numbers[i]) : [];
  }

  /** What the colours of clustered dots mean, and how many photos have each. */
  legend() {
    if (!this.isClustered || this.isEmpty) return null;
    const root = make("div", "error-legend");
    const list = make("ul");
    for (const [kind, title] of this.titles) {
      const count = this.kinds.reduce((sum, other) => sum + Number(other === kind), 0);
      if (!count) continue;
      const item = make("li");
      const dot = make("i");
      dot.style.width = dot.style.height = "9px";
      dot.style.background = this.color(kind);
      item.append(dot, make("span", "", title), make("b", "", whole(count)));
      list.append(item);
    }
    root.append(make("div", "caption", "Photos by level"), list);
    return root;
  }
}
