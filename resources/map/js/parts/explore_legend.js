// The card of Explore: which level, the ramp with numbers, and how the colours are spread.

import { make } from "../dom.js";
import { area, figures, legendPercent, whole } from "../text.js";

/**
 * @import { Bridge } from "../bridge.js"
 * @import { Theme } from "../theme.js"
 * @import { ValueCells, ValueLayer } from "./explore_cells.js"
 *
 * @typedef {object} Tick
 * @property {number} at place on the ramp, 0…1
 * @property {string} text
 * @property {number} from where the text begins and ends, likewise
 * @property {number} to
 */

const RAMP_STEPS = 24;
const ROUND = [1, 5, 2]; // leading digits of the numbers beside the ramp, best first
const LETTER = 0.0225; // of the ramp's width
const APART = 0.05; // of the ramp's width, between two numbers

/** @type {Record<Message.Measure, { title: string, text: (value: number) => string }>} */
const MEASURES = {
  photos: { title: "Training photos per cell", text: whole },
  density: { title: "Training photos per 1,000 km²", text: figures },
  area: { title: "Cell area", text: area },
  share: { title: "Share of all training photos", text: legendPercent },
};

export class ExploreLegend {
  /** @param {Bridge} bridge */
  constructor(bridge) {
    this.bridge = bridge;
    this.isLog = false;
    this.names = ""; // of the levels that there are buttons for
    this.root = make("div", "explore-legend");
    this.switch = make("div", "switch");
    this.switch.setAttribute("role", "radiogroup");
    this.switch.setAttribute("aria-label", "Cell level");
    this.head = make("div", "caption");
    this.title = make("span");
    this.scale = make("button", "toggle plain");
    this.scale.type = "button";
    this.scale.addEventListener("click", () => bridge.report("exploreScale", !this.isLog));
    this.head.append(this.title, this.scale);
    this.ramp = make("div", "ramp");
    this.ticks = make("div", "ticks");
    this.root.append(this.switch, this.head, this.ramp, this.ticks);
  }

  /** @param {Message.Exploration} state @param {ValueCells} cells @param {Theme} theme */
  show(state, cells, theme) {
    // The card takes the element in again, which costs it the keyboard: give it back.
    const active = document.activeElement;
    const focused = active instanceof HTMLElement && this.root.contains(active) ? active : null;
    this.showLevels(state);
    const { layer } = cells;
    const { title } = MEASURES[state.measure];
    this.title.textContent = state.filtered ? `${title} (${state.filtered})` : title;
    this.isLog = state.log;
    this.scale.textContent = state.log ? "logarithmic" : "linear";
    this.scale.title = state.log ? "Use a linear colour scale" : "Use a logarithmic colour scale";
    this.scale.setAttribute("aria-label", `Colour scale: ${this.scale.textContent}. ${this.scale.title}`);
    const stops = Array.from({ length: RAMP_STEPS + 1 }, (_, i) => theme.heat(i / RAMP_STEPS));
    this.ramp.style.backgroundImage = `linear-gradient(to right, ${stops.join(",")})`;
    this.ticks.replaceChildren(...(layer ? this.makeTicks(layer, cells, state.measure) : []));
    if (focused) queueMicrotask(() => focused.focus());
    return this.root;
  }

  /** @param {Message.Exploration} exploration */
  showLevels({ titles, level }) {
    const names = titles.join("\n");
    if (this.names !== names) {
      this.names = names;
      this.switch.replaceChildren(...titles.map((title, number) => this.makeLevel(title, number)));
    }
    this.switch.hidden = titles.length < 2;
    this.switch.querySelectorAll("input").forEach((input, number) => (input.checked = number === level));
  }

  /** @param {string} title @param {number} number */
  makeLevel(title, number) {
    const label = make("label");
    const input = make("input");
    Object.assign(input, { type: "radio", name: "explore-level", value: String(number) });
    input.addEventListener("change", () => this.bridge.report("exploreLevel", number));
    label.append(input, make("span", "", title));
    return label;
  }

  /** @param {ValueLayer} layer @param {ValueCells} cells @param {Message.Measure} measure */
  makeTicks(layer, cells, measure) {
    /** @param {number} value */
    const shade = (value) => cells.shade(layer, value);
    return ticks(layer, shade, MEASURES[measure].text).map(({ at, text }) => {
      const tick = make("span", at < 0.02 ? "first" : at > 0.98 ? "last" : "", text);
      tick.style.left = `${100 * at}%`;
      return tick;
    });
  }
}

/**
 * Both ends exactly, and round numbers between them where there is room for their text.
 * @param {ValueLayer} layer @param {(value: number) => number} shade
 * @param {(value: number) => string} write
 */
function ticks({ least, most, isCut, isCapped }, shade, write) {
  /** @type {(at: number, value: number, sign?: string) => Tick} */
  const tick = (at, value, sign = "") => {
    const text = sign + write(value);
    const width = LETTER * text.length;
    // The numbers at the ends stand inside the ramp's width, the others around their place.
    const from = at === 0 ? 0 : at === 1 ? 1 - width : at - width / 2;
    return { at, text, from, to: from + width };
  };
  if (most <= least) return [tick(1, most)];
  const found = [tick(0, least, isCut ? "≤ " : ""), tick(1, most, isCapped ? "≥ " : "")];
  const high = Math.floor(Math.log10(most));
  const low = least > 0 ? Math.floor(Math.log10(least)) : high - 1;
  for (const digit of ROUND) {
    for (let power = high; power >= low; power--) {
      const value = Number(`${digit}e${power}`);
      if (value >= most || value <= least) continue;
      const next = tick(shade(value), value);
      if (found.every(({ from, to }) => next.from > to + APART || next.to < from - APART)) found.push(next);
    }
  }
  return found.sort((a, b) => a.at - b.at);
}
