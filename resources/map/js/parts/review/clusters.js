// Photos that lie together as one round mark with their number, its rim divided as their kinds are.

/**
 * @import { Window } from "../../world.js"
 * @import { Dots } from "./dots.js"
 * @import { Spot } from "../../parts.js"
 *
 * @typedef {object} Cluster
 * @property {number} x in the world, the middle of its photos, as y
 * @property {number} y
 * @property {number[]} members positions among the dots
 */

const ACROSS = 46; // pixels: photos of one square of this size are one mark
const APART = 0.75; // of a square: marks that are nearer become one
const RIM = 3; // pixels: what a mark has around its radius
const MANY = 600; // marks: more are not compared with each other

export class Clusters {
  /** @param {Dots} dots */
  constructor(dots) {
    this.dots = dots;
    this.step = NaN;
    /** @type {Cluster[]} */
    this.found = [];
  }

  forget() {
    this.step = NaN;
  }

  /**
   * The same for all scales about a zoom level, so that nothing trembles while the map moves.
   * @param {number} scale
   */
  at(scale) {
    const step = Math.round(Math.log2(scale));
    if (step === this.step) return this.found;
    this.step = step;
    const { places, numbers, own } = this.dots;
    const size = ACROSS / 2 ** step;
    /** @type {Map<string, Cluster>} */
    const squares = new Map();
    for (let i = 0; i < numbers.length; i++) {
      if (numbers[i] === own) continue;
      const [x, y] = [places[2 * i], places[2 * i + 1]];
      const square = `${Math.floor(x / size)} ${Math.floor(y / size)}`;
      const cluster = squares.get(square);
      if (!cluster) {
        squares.set(square, { x, y, members: [i] });
        continue;
      }
      cluster.members.push(i);
      cluster.x += (x - cluster.x) / cluster.members.length;
      cluster.y += (y - cluster.y) / cluster.members.length;
    }
    this.found = joined([...squares.values()], size);
    return this.found;
  }

  /** @param {number} count */
  radius(count) {
    return Math.min(22, 10 + 2.2 * Math.log2(count));
  }

  /** @param {Context2D} context @param {Window} window */
  *paint(context, window) {
    let painted = 0;
    for (const cluster of this.at(window.scale)) {
      if (!window.showsRows(cluster.y, cluster.y)) continue;
      for (const k of window.copies(cluster.x, cluster.x)) {
        if (++painted % 50 === 0) yield;
        const [left, top] = [window.x(cluster.x, k), window.y(cluster.y)];
        const [first] = cluster.members;
        if (cluster.members.length > 1) this.paintCluster(context, left, top, cluster);
        else this.dots.paintDot(context, left, top, this.dots.kinds[first]);
      }
    }
  }

  /**
   * The squares around marks of several photos: a name below one could not be read.
   * @param {Window} window
   * @returns {Rectangle[]}
   */
  obstacles(window) {
    /** @type {Rectangle[]} */
    const found = [];
    for (const { x, y, members } of this.at(window.scale)) {
      if (members.length < 2 || !window.showsRows(y, y)) continue;
      const radius = this.radius(members.length) + RIM;
      for (const k of window.copies(x, x)) {
        found.push([window.x(x, k) - radius, window.y(y) - radius, 2 * radius, 2 * radius]);
      }
    }
    return found;
  }

  /** @param {Context2D} context @param {number} x @param {number} y @param {Cluster} cluster */
  paintCluster(context, x, y, { members }) {
    const { colors, font } = this.dots.page.theme;
    const radius = this.radius(members.length);
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fillStyle = colors.card;
    context.strokeStyle = colors.halo;
    context.lineWidth = 6;
    context.stroke();
    context.fill();
    let from = -Math.PI / 2;
    for (const [kind, count] of this.counts(members)) {
      const to = from + (2 * Math.PI * count) / members.length;
      context.beginPath();
      context.arc(x, y, radius, from, to);
      context.lineWidth = 3.5;
      context.strokeStyle = this.dots.color(kind);
      context.stroke();
      from = to;
    }
    context.fillStyle = colors.ink;
    context.font = `600 11px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const count = members.length;
    context.fillText(count < 10000 ? String(count) : `${Math.round(count / 1000)}k`, x, y + 0.5);
    context.textAlign = "start";
  }

  /**
   * How many photos are of which kind, by kind.
   * @param {number[]} members
   */
  counts(members) {
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const i of members) {
      const kind = this.dots.kinds[i];
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return [...counts].sort(([a], [b]) => a - b);
  }

  /**
   * The mark under a point, or null.
   * @param {Spot} spot
   */
  under({ x, y, scale }) {
    /** @param {Cluster} cluster */
    const away = (cluster) => {
      const dx = Math.abs(cluster.x - x) % 1;
      return Math.hypot(Math.min(dx, 1 - dx), cluster.y - y) * scale;
    };
    const reach = (/** @type {Cluster} */ { members: { length } }) => (length > 1 ? this.radius(length) + 2 : 8);
    return this.at(scale).findLast((cluster) => away(cluster) < reach(cluster)) ?? null;
  }
}

/**
 * Neighbours whose photos lie about the line between two squares become one.
 * @param {Cluster[]} clusters @param {number} size of a square
 */
function joined(clusters, size) {
  if (clusters.length > MANY) return clusters;
  /** @type {Cluster[]} */
  const kept = [];
  for (const cluster of clusters.sort((a, b) => b.members.length - a.members.length)) {
    /** @param {Cluster} other */
    const isNear = (other) => Math.hypot(other.x - cluster.x, other.y - cluster.y) < APART * size;
    const near = kept.find(isNear);
    if (!near) {
      kept.push(cluster);
      continue;
    }
    const share = cluster.members.length / (near.members.length + cluster.members.length);
    near.x += share * (cluster.x - near.x);
    near.y += share * (cluster.y - near.y);
    near.members.push(...cluster.members);
  }
  return kept;
}
