// Buttons, layer switch, legend, scale and sources: ordinary HTML around the map.

import { make } from "./dom.js";
import { COMBINED } from "./painted_cells.js";
import { figures, legendPercent, useUnits } from "./text.js";

/**
 * @import { AnswerLayer, Cells } from "./cells.js"
 * @import { Display } from "./display.js"
 * @import { Theme } from "./theme.js"
 *
 * @typedef {(p: number) => number} Shade place of a probability on the ramp, 0…1
 *
 * @typedef {object} Actions
 * @property {() => void} zoomIn
 * @property {() => void} zoomOut
 * @property {() => void} search
 * @property {() => void} fitAnswer
 * @property {() => void} fitWorld
 * @property {(name: string) => void} chooseLayer
 */

const ICONS = {
  search: "M8.500 4a4.500 4.500 0 1 0 .001 0ZM12 12l4 4",
  zoomIn: "M10 4v12M4 10h12",
  zoomOut: "M4 10h12",
  fitAnswer: "M10 3v3M10 14v3M3 10h3M14 10h3M10 6.500a3.500 3.500 0 1 0 .001 0Z",
  fitWorld: "M10 3a7 7 0 1 0 .001 0ZM3 10h14M10 3c-4 4-4 10 0 14M10 3c4 4 4 10 0 14",
};

const RAMP_STEPS = 24;
const ROUND = [1, 5, 2]; // leading digits of the numbers beside the ramp, best first
const LETTER = 1 / 45; // of the legend's width: a letter of its numbers, where it is narrowest
const GAP_LETTERS = 2; // between two numbers

export class Controls {
  /** @param {L.Map} map @param {Actions} actions @param {Display} display */
  constructor(map, actions, display) {
    this.map = map;
    this.actions = actions;
    this.display = display;
    /** @type {L.Control.Scale | null} */
    this.scale = null;
    this.root = L.DomUtil.create("div", "controls", map.getContainer());
    L.DomEvent.disableClickPropagation(this.root);
    L.DomEvent.disableScrollPropagation(this.root);
    this.fitAnswer = makeButton("Zoom to answer (F)", ICONS.fitAnswer, actions.fitAnswer);
    this.fitAnswer.disabled = true;
    this.fitWorld = makeButton("Zoom to world (W)", ICONS.fitWorld, actions.fitWorld);
    this.buttons = this.makeButtons();
    this.banner = make("div", "banner card");
    this.banner.setAttribute("role", "status");
    this.banner.hidden = true;
    this.switch = make("div", "switch");
    this.legend = make("div", "legend");
    this.panel = this.makePanel();
    this.sources = make("span", "sources");
    this.showSources("");
    this.notes = make("div", "notes");
    this.notes.append(this.sources);
    this.useUnits("km");
    this.foot = make("div", "foot");
    this.foot.append(this.panel, this.notes);
    this.root.append(this.buttons, this.banner, this.foot);
  }

  /** It writes "5000 km"; thousands are set apart everywhere else. */
  setApart = () => {
    const line = this.scale?.getContainer()?.querySelector(".leaflet-control-scale-line");
    if (line) line.textContent = (line.textContent ?? "").replace(/^(\d)(\d{3} )/, "$1,$2");
  };

  /**
   * Leaflet's scale bar in these units.
   * @param {Message.Units} units
   */
  useUnits(units) {
    useUnits(units);
    this.scale?.remove();
    this.scale = L.control.scale({ metric: units === "km", imperial: units === "mi", maxWidth: 100 });
    const bar = this.scale.addTo(this.map).getContainer();
    if (!bar) throw new Error("Leaflet has made no scale");
    this.notes.prepend(bar);
    this.map.off("move", this.setApart).on("move", this.setApart); // after the bar's own update
    this.setApart();
  }

  makeButtons() {
    const box = make("div", "buttons card");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Zoom");
    const find = makeButton("Find on map (Ctrl+G)", ICONS.search, this.actions.search);
    find.classList.add("find");
    box.append(
      find,
      makeButton("Zoom in (+)", ICONS.zoomIn, this.actions.zoomIn),
      makeButton("Zoom out (−)", ICONS.zoomOut, this.actions.zoomOut),
      this.fitAnswer,
      this.fitWorld,
    );
    return box;
  }

  makePanel() {
    const panel = make("div", "panel card");
    panel.hidden = true;
    this.switch.setAttribute("role", "radiogroup");
    this.switch.setAttribute("aria-label", "Cells shown");
    panel.append(this.switch, this.legend, this.display.root);
    return panel;
  }

  /**
   * Layer switch: names in order, and which one is shown.
   * @param {string[]} names @param {string | null} active
   */
  showLayers(names, active) {
    const shown = [...this.switch.querySelectorAll("input")].map((input) => input.value);
    if (shown.join() !== names.join()) this.makeSwitch(names);
    this.switch.hidden = names.length < 2;
    for (const input of this.switch.querySelectorAll("input")) input.checked = input.value === active;
  }

  /** @param {string[]} names */
  makeSwitch(names) {
    this.switch.replaceChildren(
      ...names.map((name) => {
        const label = make("label");
        const input = make("input");
        Object.assign(input, { type: "radio", name: "layer", value: name });
        input.addEventListener("change", () => this.actions.chooseLayer(name));
        const text = name === COMBINED ? "Combined" : name[0].toUpperCase() + name.slice(1);
        label.append(input, make("span", "", text));
        return label;
      }),
    );
  }

  /**
   * Legend: the ramp between the least and the highest value drawn, with round numbers.
   * @param {Cells} cells @param {Theme} theme
   */
  showLegend(cells, theme) {
    const { layer } = cells;
    this.panel.hidden = !layer;
    if (!layer) return;
    const stops = Array.from({ length: RAMP_STEPS + 1 }, (_, i) => theme.heat(i / RAMP_STEPS));
    const bar = make("div", "ramp");
    bar.style.backgroundImage = `linear-gradient(to right, ${stops.join(",")})`;
    const scale = make("div", "ticks");
    const unit = this.display.state.per === "area" ? layer.most : 1;
    for (const { at, label } of legendTicks(layer, (value) => cells.shade(layer, value), unit)) {
      const tick = make("span", at < 0.02 ? "first" : at > 0.98 ? "last" : "", label);
      tick.style.left = `${100 * at}%`;
      scale.append(tick);
    }
    const caption = make("div", "caption");
    caption.append(make("span", "", this.display.measure), this.display.toggle);
    const note = make("div", "note", this.display.note);
    note.hidden = !this.display.note;
    this.legend.replaceChildren(caption, bar, scale, note);
    this.display.root.classList.remove("apart");
  }

  /**
   * A legend that a part has made.
   * @param {HTMLElement} legend
   */
  showOwnLegend(legend) {
    this.panel.hidden = false;
    this.switch.hidden = true;
    this.legend.replaceChildren(legend);
    this.display.root.classList.add("apart");
  }

  /** Pixels at the bottom of the view that the panel leaves too little room beside. */
  get covered() {
    const isWide = this.root.clientWidth > 2 * this.panel.offsetWidth + 80;
    return isWide || this.panel.hidden ? 24 : this.root.clientHeight - this.foot.offsetTop;
  }

  /** @returns {Rectangle[]} of the view that cards cover */
  get boxes() {
    const cards = [this.buttons, this.panel, this.notes, this.banner];
    const view = this.root.getBoundingClientRect();
    return cards
      .filter((card) => !card.hidden)
      .map((card) => card.getBoundingClientRect())
      .map((box) => [box.left - view.left, box.top - view.top, box.width, box.height]);
  }

  /** @param {boolean} on */
  showButtons(on) {
    this.buttons.hidden = !on;
  }

  /**
   * Whose map it is.
   * @param {string | undefined} attribution
   */
  showSources(attribution) {
    this.sources.textContent = attribution || "Natural Earth · GSHHG · GeoNames";
  }

  /** @param {string} text */
  showBanner(text) {
    this.banner.textContent = text;
    this.banner.hidden = !text;
  }
}

/**
 * A value as a part of the highest one: so "per area" needs no unit.
 * @param {number} share
 */
function fraction(share) {
  if (share === 0) return "0";
  return share < 0.995 ? `1/${figures(Number((1 / share).toPrecision(1)))}` : "highest";
}

/**
 * Both ends exactly, and round numbers between them where there is room: per cents, or parts of
 * the highest value where that is the unit.
 * @param {AnswerLayer} layer @param {Shade} shade @param {number} unit
 */
function legendTicks(layer, shade, unit) {
  /** @param {number} value */
  const text = (value) => (unit === 1 ? legendPercent(value) : fraction(value / unit));
  const end = { at: 1, label: text(layer.most) };
  if (layer.most <= layer.least) return [end];
  const ticks = [{ at: 0, label: text(layer.least) }, end];
  const lowest = layer.least || layer.most / 1000;
  const [low, high] = [lowest, layer.most].map((value) => Math.floor(Math.log10(value / unit)));
  for (const digit of ROUND) {
    for (let power = high; power >= low; power--) {
      const value = digit * 10 ** power * unit;
      if (value >= layer.most || value <= layer.least) continue;
      const at = shade(value);
      const label = text(value);
      if (ticks.every((tick) => Math.abs(tick.at - at) > roomBetween(tick, label))) {
        ticks.push({ at, label });
      }
    }
  }
  return ticks.sort((a, b) => a.at - b.at);
}

/**
 * The least distance of a label to one that is there, as a part of the ramp. Those at the ends
 * begin and end there, the others stand around their place.
 * @param {{ at: number, label: string }} tick @param {string} label
 */
function roomBetween(tick, label) {
  const isEnd = tick.at === 0 || tick.at === 1;
  const letters = (isEnd ? tick.label.length : tick.label.length / 2) + label.length / 2;
  return (letters + GAP_LETTERS) * LETTER;
}

/** @param {string} label @param {string} icon @param {() => void} act */
function makeButton(label, icon, act) {
  const button = make("button");
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${icon}"/></svg>`;
  button.addEventListener("click", () => act());
  return button;
}
