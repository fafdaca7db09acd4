// Train: photos to learn from; after the training, where test photos were taken and placed.

import { make } from "../dom.js";
import { strokePath } from "../painting.js";
import { Lines } from "../world.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At, Part, Topics } from "../parts.js"
 * @import { Window } from "../world.js"
 */

const REACH = 8; // pixels between the pointer and a point that it means
const ROLES = ["learn", "truth", "answer"];

/** @implements {Part} */
export class Train {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {Topics} */
    this.topics = { train: (value) => this.set(value) };
    /** @type {Message.PointGroup[]} */
    this.groups = [];
    this.links = Lines.fromWorld([]);
    /** @type {number | null} */
    this.chosen = null; // number of a photo in each group, and of its link
  }

  /** @param {Message.Training | null} value */
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
    const { chosen } = this;
    for (const group of this.groups) {
      const count = group.at.length / 2;
      context.globalAlpha = chosen === null ? 1 : 0.35;
      for (let i = 0; i < count; i++) this.paintPoint(context, window, group, i);
      context.globalAlpha = 1;
      if (chosen !== null) this.paintPoint(context, window, group, chosen);
    }
  }

  /** @param {Context2D} context @param {Window} window */
  paintLinks(context, window) {
    const { theme } = this.page;
    window.eachSeen(this.links, (i, k) => {
      const isChosen = i === this.chosen;
      const wider = isChosen ? 0.8 : 0;
      context.beginPath();
      window.trace(context, this.links, i, k, false);
      context.globalAlpha = isChosen ? 1 : this.chosen === null ? 0.55 : 0.15;
      strokePath(context, [
        [3.2 + wider, theme.colors.casing, []],
        [1.4 + wider, theme.colors.other, []],
      ]);
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
   * @returns {{ group: Message.PointGroup, i: number } | null}
   */
  find(at) {
    /** @type {{ group: Message.PointGroup, i: number } | null} */
    let best = null;
    let least = REACH;
    for (const group of this.groups) {
      for (let i = 0; i < group.at.length / 2; i++) {
        const dx = Math.abs(group.at[2 * i] - at.x) % 1;
        const away = Math.hypot(Math.min(dx, 1 - dx), group.at[2 * i + 1] - at.y) * at.scale;
        if (away >= least) continue;
        best = { group, i };
        least = away;
      }
    }
    return best;
  }

  /** @param {At} at */
  hover(at) {
    const found = this.find(at);
    if (!found) return null;
    const name = found.group.names[found.i] ?? "";
    return [name.split(/[\\/]/).at(-1) ?? name, found.group.text];
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
    const root = make("div");
    root.append(...this.groups.map((group) => this.legendRow(group)));
    return root;
  }

  /** @param {Message.PointGroup} group */
  legendRow({ role, text }) {
    const row = make("div");
    row.style.font = "12px/1.35 var(--font)";
    Object.assign(row.style, { display: "flex", alignItems: "center", gap: "7px", padding: "1px 0" });
    const mark = make("i");
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
