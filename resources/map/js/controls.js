// Buttons, layer switch, legend, scale and sources: ordinary HTML around the map.

import { COMBINED } from "./cells.js";
import { percent } from "./text.js";

const RAMP_STEPS = 24;
const ROUND = [1, 5, 2]; // leading digits of the numbers beside the ramp, best first
const TICK_ROOM = 0.17; // of the legend's width, between the middles of two numbers
const END_ROOM = 0.25; // the same beside an end, whose number stands inside the ramp's width

export class Controls {
  constructor(map, actions, display) {
    this.actions = actions;
    this.display = display;
    const root = L.DomUtil.create("div", "controls", map.getContainer());
    L.DomEvent.disableClickPropagation(root);
    L.DomEvent.disableScrollPropagation(root);
    root.append(this.makeButtons(), this.makeBanner(), this.makeFoot(map));
  }

  makeButtons() {
    const box = node("div", "buttons card");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Zoom");
    for (const [name, label, icon] of [
      ["zoomIn", "Zoom in (+)", "M10 4v12M4 10h12"],
      ["zoomOut", "Zoom out (−)", "M4 10h12"],
      ["fitAnswer", "Zoom to answer (A)", "M10 3v3M10 14v3M3 10h3M14 10h3M10 6.500a3.500 3.500 0 1 0 .001 0Z"],
      ["fitWorld", "Zoom to world (Home)", "M10 3a7 7 0 1 0 .001 0ZM3 10h14M10 3c-4 4-4 10 0 14M10 3c4 4 4 10 0 14"],
    ]) {
      const button = node("button", "");
      button.type = "button";
      button.title = label;
      button.setAttribute("aria-label", label);
      button.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${icon}"/></svg>`;
      button.addEventListener("click", () => this.actions[name]());
      box.append(button);
      this[name] = button;
    }
    this.fitAnswer.disabled = true;
    return box;
  }

  makeBanner() {
    this.banner = node("div", "banner card");
    this.banner.setAttribute("role", "status");
    this.banner.hidden = true;
    return this.banner;
  }

  makeFoot(map) {
    const foot = node("div", "foot");
    this.foot = foot;
    this.panel = node("div", "panel card");
    this.panel.hidden = true;
    this.switch = node("div", "switch");
    this.switch.setAttribute("role", "radiogroup");
    this.switch.setAttribute("aria-label", "Cells shown");
    this.legend = node("div", "legend");
    this.panel.append(this.switch, this.legend, this.display.root);
    const notes = node("div", "notes");
    // Leaflet writes "5000 km"; thousands are set apart everywhere else.
    const scale = L.control.scale({ imperial: false, maxWidth: 100 }).addTo(map);
    this.sources = node("span", "sources");
    this.showSources("");
    const line = scale.getContainer().querySelector(".leaflet-control-scale-line");
    map.on("move", () => (line.textContent = line.textContent.replace(/(\d)(\d{3} km)$/, "$1,$2")));
    notes.append(scale.getContainer(), this.sources);
    foot.append(this.panel, notes);
    return foot;
  }

  /** Layer switch: names in order, and which one is shown. */
  showLayers(names, active) {
    const shown = [...this.switch.querySelectorAll("input")].map((input) => input.value);
    if (shown.join() !== names.join()) this.makeSwitch(names);
    this.switch.hidden = names.length < 2;
    for (const input of this.switch.querySelectorAll("input")) input.checked = input.value === active;
  }

  makeSwitch(names) {
    this.switch.replaceChildren(
      ...names.map((name) => {
        const label = node("label", "");
        const input = node("input", "");
        Object.assign(input, { type: "radio", name: "layer", value: name });
        input.addEventListener("change", () => this.actions.chooseLayer(name));
        const text = node("span", "");
        text.textContent = name === COMBINED ? "Combined" : name[0].toUpperCase() + name.slice(1);
        label.append(input, text);
        return label;
      }),
    );
  }

  /** Legend: the ramp between the least and the highest probability drawn, with round numbers. */
  showLegend(layer, theme, shade) {
    this.panel.hidden = !layer;
    if (!layer) return;
    const stops = Array.from({ length: RAMP_STEPS + 1 }, (_, i) => theme.heat(i / RAMP_STEPS));
    const bar = node("div", "ramp");
    bar.style.backgroundImage = `linear-gradient(to right, ${stops.join(",")})`;
    const scale = node("div", "ticks");
    for (const { at, text } of legendTicks(layer, shade)) {
      const tick = node("span", at < 0.02 ? "first" : at > 0.98 ? "last" : "");
      tick.style.left = `${100 * at}%`;
      tick.textContent = text;
      scale.append(tick);
    }
    const caption = node("div", "caption");
    const text = node("span", "");
    text.textContent = this.display.note || "Probability per cell";
    caption.append(text, this.display.toggle);
    this.legend.replaceChildren(caption, bar, scale);
    this.display.root.classList.remove("apart");
  }

  /** A legend that a part has made, an element. */
  showOwnLegend(legend) {
    this.panel.hidden = false;
    this.switch.hidden = true;
    this.legend.replaceChildren(legend);
    this.display.root.classList.add("apart");
  }

  /** Pixels at the bottom of the view that the panel leaves too little room beside. */
  get covered() {
    const view = this.banner.parentElement;
    const isWide = view.clientWidth > 2 * this.panel.offsetWidth + 80;
    return isWide || this.panel.hidden ? 24 : view.clientHeight - this.foot.offsetTop;
  }

  /** Rectangles of the view that cards cover: [x, y, width, height]. */
  get boxes() {
    const cards = [this.fitWorld.parentElement, this.panel, this.sources.parentElement, this.banner];
    const view = this.foot.parentElement.getBoundingClientRect();
    return cards
      .filter((card) => !card.hidden)
      .map((card) => card.getBoundingClientRect())
      .map((box) => [box.left - view.left, box.top - view.top, box.width, box.height]);
  }

  showButtons(on) {
    this.fitWorld.parentElement.hidden = !on;
  }

  /** Whose map it is. */
  showSources(attribution) {
    this.sources.textContent = attribution || "Natural Earth · GeoNames";
  }

  showBanner(text) {
    this.banner.textContent = text;
    this.banner.hidden = !text;
  }
}

/** Both ends exactly, and round numbers between them where there is room. */
export function legendTicks(layer, shade) {
  if (layer.most <= layer.least) return [{ at: 1, text: percent(layer.most) }];
  const ticks = [
    { at: 0, text: percent(layer.least) },
    { at: 1, text: percent(layer.most) },
  ];
  const lowest = layer.least || layer.most / 1000;
  const [low, high] = [lowest, layer.most].map((p) => Math.floor(Math.log10(p)));
  for (const digit of ROUND) {
    for (let power = high; power >= low; power--) {
      const p = digit * 10 ** power;
      if (p >= layer.most || p <= layer.least) continue;
      const at = shade(layer, p);
      if (ticks.every((tick) => Math.abs(tick.at - at) > roomAt(tick.at))) {
        ticks.push({ at, text: percent(p) });
      }
    }
  }
  return ticks.sort((a, b) => a.at - b.at);
}

function roomAt(at) {
  return at === 0 || at === 1 ? END_ROOM : TICK_ROOM;
}

function node(name, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}
