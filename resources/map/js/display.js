// How the cells of an answer are shown: scale, least probability, number of cells, outlines. The
// choices are made under "Display" in the legend's card or in the window; both know them.

import { context2d, make } from "./dom.js";
import { COMBINED } from "./painted_cells.js";
import { legendPercent, whole } from "./text.js";

/**
 * @import { Cells } from "./cells.js"
 * @import { Theme } from "./theme.js"
 * @import { Window } from "./world.js"
 */

const TOPS = [0, 1, 5, 10, 50, 200]; // numbers of cells to choose from; 0 is all
const REGIONS = [0, 50, 80, 95]; // per cent of the probability to outline; 0 is none
const SLIDER_LEAST = -5; // the slider's lower end: 10 ** -5 of the probability
const STEP_MS = 1100; // each layer's time while coarse turns to fine

/** @type {Message.Display} */
const ORDINARY = { scale: "log", per: "area", least: 0, top: 0, region: 0 };

/** @type {Record<Message.Display["per"], string>} */
const MEASURES = { area: "Probability per area", cell: "Probability per cell" };

export class Display {
  /**
   * @param {Cells} cells @param {(state: Message.Display | null) => void} changed
   * @param {(name: string) => void} chooseLayer
   */
  constructor(cells, changed, chooseLayer) {
    this.cells = cells;
    this.changed = changed;
    this.chooseLayer = chooseLayer;
    this.timer = 0;
    this.root = make("div", "display");
    this.root.id = "display";
    this.root.hidden = true;
    this.toggle = this.makeToggle();
    this.per = choice("Colours", Object.entries(MEASURES));
    this.scale = choice("Colour scale", [["log", "Logarithmic"], ["linear", "Linear"]]);
    this.top = choice("Cells", TOPS.map((n) => [n, topText(n)]));
    this.region = choice("Outline", REGIONS.map((n) => [n, n ? `${n}% of the probability` : "None"]));
    this.least = slider();
    this.play = make("button", "play", "Animate coarse to fine");
    this.state = ORDINARY;
    this.fill();
    this.show(ORDINARY);
  }

  makeToggle() {
    const button = make("button", "toggle", "Display");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", "display");
    button.addEventListener("click", () => {
      this.root.hidden = !this.root.hidden;
      button.setAttribute("aria-expanded", String(!this.root.hidden));
      this.changed(null);
    });
    return button;
  }

  fill() {
    this.play.type = "button";
    this.play.addEventListener("click", () => this.start());
    for (const { input } of [this.per, this.scale, this.top, this.region]) {
      input.addEventListener("change", () => this.chosen());
    }
    this.least.input.addEventListener("input", () => this.chosen());
    this.root.append(this.per.row, this.scale.row, this.top.row, this.least.row, this.region.row, this.play);
  }

  chosen() {
    const power = Number(this.least.input.value);
    this.show({
      per: this.per.input.value === "cell" ? "cell" : "area",
      scale: this.scale.input.value === "linear" ? "linear" : "log",
      least: power <= SLIDER_LEAST ? 0 : Number((10 ** power).toPrecision(3)),
      top: Number(this.top.input.value),
      region: Number(this.region.input.value),
    });
    this.changed(this.state);
  }

  /**
   * Make the fields and the map show these choices.
   * @param {Partial<Message.Display>} state
   */
  show(state) {
    this.state = { ...ORDINARY, ...state };
    const { per, scale, top, region, least } = this.state;
    this.per.input.value = per;
    this.scale.input.value = scale;
    this.top.input.value = String(TOPS.includes(top) ? top : 0);
    this.region.input.value = String(REGIONS.includes(region) ? region : 0);
    this.least.input.value = String(least > 0 ? Math.log10(least) : SLIDER_LEAST);
    this.least.value.textContent = least > 0 ? legendPercent(least) : "none";
    this.cells.show(this.state);
  }

  /** Show the layers one after the other, coarse first; again stops it. */
  start() {
    if (this.timer) {
      this.stop();
      return;
    }
    const names = this.cells.names;
    if (names.length < 2) return;
    this.play.textContent = "Stop";
    /** @param {number} i */
    const next = (i) => {
      this.chooseLayer(names[i]);
      if (i + 1 < names.length) this.timer = setTimeout(() => next(i + 1), STEP_MS);
      else this.stop();
    };
    this.timer = -1;
    next(0);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.play.textContent = "Animate coarse to fine";
  }

  /** What the colours stand for. */
  get measure() {
    return MEASURES[this.state.per];
  }

  /** What the display leaves out, for the legend; "" where it leaves out nothing. */
  get note() {
    const { shown, all } = this.cells.counts;
    if (shown === all) return "";
    const where = this.cells.active === COMBINED ? "" : `${this.cells.active} `;
    return `${whole(shown)} of ${whole(all)} ${where}cells shown`;
  }
}

/** Paints the outline of the smallest set of cells that holds a share of the probability. */
export class CredibleOutline {
  /** @param {Theme} theme @param {Cells} cells */
  constructor(theme, cells) {
    this.theme = theme;
    this.cells = cells;
    /** @type {OffscreenCanvas | null} */
    this.scratch = null;
  }

  get isEmpty() {
    return !this.cells.credible.length || !this.cells.partition()?.rings;
  }

  /**
   * Every cell is stroked, then the cells' insides are cut out: what is left goes around them.
   * @param {Context2D} context @param {Window} window
   */
  paint(context, window) {
    const { canvas } = context;
    // Painting takes several frames: another model may have come since isEmpty was asked.
    const rings = this.cells.partition()?.rings;
    if (!rings) return;
    this.scratch ??= new OffscreenCanvas(canvas.width, canvas.height);
    Object.assign(this.scratch, { width: canvas.width, height: canvas.height });
    const drawing = context2d(this.scratch);
    drawing.setTransform(context.getTransform());
    const path = new Path2D();
    for (const i of this.cells.credible) {
      const b = 4 * i;
      if (i >= rings.count || !window.showsRows(rings.boxes[b + 1], rings.boxes[b + 3])) continue;
      for (const k of window.copies(rings.boxes[b], rings.boxes[b + 2])) {
        window.trace(path, rings, i, k, true);
      }
    }
    drawing.lineJoin = "round";
    drawing.lineWidth = 7;
    drawing.strokeStyle = this.theme.colors.casing;
    drawing.stroke(path);
    drawing.lineWidth = 4.4;
    drawing.strokeStyle = this.theme.colors.ink;
    drawing.stroke(path);
    drawing.globalCompositeOperation = "destination-out";
    drawing.fill(path);
    drawing.lineWidth = 0.8; // the seams between neighbours
    drawing.stroke(path);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.scratch, 0, 0);
  }
}

/** @param {number} top */
function topText(top) {
  if (top === 0) return "All";
  return top === 1 ? "Most likely" : `The ${top} likeliest`;
}

/** @param {string} label @param {[value: string | number, text: string][]} options */
function choice(label, options) {
  const input = make("select");
  for (const [value, text] of options) {
    const option = make("option", "", text);
    option.value = String(value);
    input.append(option);
  }
  return { input, row: field(label, input) };
}

function slider() {
  const input = make("input");
  Object.assign(input, { type: "range", min: SLIDER_LEAST, max: -0.3, step: 0.05 });
  const value = make("output");
  return { input, value, row: field("Hide below", input, value) };
}

/** @param {string} label @param {...Node} inputs */
function field(label, ...inputs) {
  const row = make("label", "field");
  row.append(make("span", "", label), ...inputs);
  return row;
}
