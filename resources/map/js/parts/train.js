// Train: photos to learn from; after the training, where test photos were taken and placed.

import { Lines } from "../world.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At } from "../parts.js"
 * @import { Window } from "../world.js"
 */

const REACH = 8; // pixels between the pointer and a point that it means
const ROLES = ["learn", "truth", "answer"];

export class Train {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    this.topics = { train: (value) => this.set(value) };
    this.set(null);
  }

  /**
   * { points: [{ role, text, at: [x, y …], names }], links: [[x, y …]], chosen } or null.
   * @param {Message.Training | null} value
   */
  set(value) {
    this.groups = (value?.points ?? []).filter(({ role }) => ROLES.includes(role));
    this.links = Lines.fromWorld(value?.links ?? []);
    this.chosen = value?.chosen ?? null;
  }

  get isEmpty() {
    return !this.groups.length;
  }

  /** @param {Context2D} context @param {Window} window */
  paintAbove(context, window) {
    this.paintLinks(context, window);
    const dimmed = this.chosen !== null;
    for (const group of this.groups) {
      const count = group.at.length / 2;
      context.globalAlpha = dimmed ? 0.35 : 1;
      for (let i = 0; i < count; i++) this.paintPoint(context, window, group, i);
      context.globalAlpha = 1;
      if (dimmed) this.paintPoint(context, window, group, this.chosen);
    }
  }

  /** @param {Context2D} context @param {Window} window */
  paintLinks(context, window) {
    const { theme } = this.page;
    window.eachSeen(this.links, (i, k) => {
      const isChosen = i === this.chosen;
      for (const [width, color] of [[3.2, theme.colors.casing], [1.4, theme.colors.other]]) {
        context.beginPath();
        window.trace(context, this.links, i, k, false);
        context.globalAlpha = isChosen ? 1 : this.chosen === null ? 0.55 : 0.15;
        context.lineWidth = isChosen ? width + 0.8 : width;
        context.strokeStyle = color;
        context.stroke();
      }
    });
    context.globalAlpha = 1;
  }

  /**
   * @param {Context2D} context @param {Window} window @param {Message.PointGroup} group
   * @param {number} i
   */
  paintPoint(context, window, { role, at }, i) {
    const [x, y] = [at[2 * i], at[2 * i + 1]];
    if (!window.showsRows(y, y)) return;
    for (const k of window.copies(x, x)) this.mark(context, window.x(x, k), window.y(y), role);
  }

  /**
   * Photos to learn from and answers: a dot; the truth: a square.
   * @param {Context2D} context @param {number} x @param {number} y
   * @param {Message.PointGroup["role"]} role
   */
  mark(context, x, y, role) {
    const { colors } = this.page.theme;
    context.beginPath();
    if (role === "truth") context.rect(x - 3.5, y - 3.5, 7, 7);
    else context.arc(x, y, role === "learn" ? 3.6 : 4, 0, 7);
    context.fillStyle = role === "truth" ? colors.known : colors.accent;
    context.strokeStyle = colors.halo;
    context.lineWidth = 2;
    context.stroke();
    context.fill();
  }

  /**
   * The group and number of the point under the pointer.
   * @param {At} at
   */
  find(at) {
    let [best, least] = [null, REACH];
    for (const group of this.groups) {
      for (let i = 0; i < group.at.length / 2; i++) {
        const dx = Math.abs(group.at[2 * i] - at.x) % 1;
        const away = Math.hypot(Math.min(dx, 1 - dx), group.at[2 * i + 1] - at.y) * at.scale;
        if (away < least) [best, least] = [{ group, i }, away];
      }
    }
    return best;
  }

  /** @param {At} at */
  hover(at) {
    const found = this.find(at);
    if (!found) return null;
    const name = found.group.names[found.i] ?? "";
    return [name.split(/[\\/]/).at(-1), found.group.text];
  }

  /** @param {At} at */
  click(at) {
    const found = this.find(at);
    if (!found) return false;
    this.page.bridge.report("trainPhoto", found.group.names[found.i] ?? "");
    return true;
  }

  legend() {
    if (this.isEmpty) return null;
    const root = document.createElement("div");
    root.append(...this.groups.map((group) => this.legendRow(group)));
    return root;
  }

  /** @param {Message.PointGroup} group */
  legendRow({ role, text }) {
    const row = document.createElement("div");
    row.style.font = "12px/1.35 var(--font)";
    Object.assign(row.style, { display: "flex", alignItems: "center", gap: "7px", padding: "1px 0" });
    const mark = document.createElement("i");
    const isTruth = role === "truth";
    Object.assign(mark.style, {
      width: "8px",
      height: "8px",
      flex: "none",
      borderRadius: isTruth ? "0" : "50%",
      background: isTruth ? "var(--known)" : "var(--accent)",
    });
    row.append(mark, text);
    return row;
  }
}
