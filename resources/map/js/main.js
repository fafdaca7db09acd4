// Puts the map together: folium has made the Leaflet map, the window sends what to show.

import { Basemap } from "./basemap.js";
import { Bridge } from "./bridge.js";
import { Cells } from "./cells.js";
import { Controls } from "./controls.js";
import { Detail } from "./detail.js";
import { CredibleOutline, Display } from "./display.js";
import { isOn, reason } from "./dom.js";
import { Labels } from "./labels.js";
import { Markers } from "./markers.js";
import { Motion } from "./motion.js";
import { Overlay } from "./overlay.js";
import { Parts } from "./parts.js";
import { Stage } from "./stage.js";
import { Theme } from "./theme.js";
import { Tiles } from "./tiles.js";
import { Tooltip } from "./tooltip.js";
import { worldPoint } from "./world.js";

/**
 * @import { Actions } from "./controls.js"
 * @import { Painter } from "./painting.js"
 * @import { At, Spot } from "./parts.js"
 * @import { Window } from "./world.js"
 */

const CANNOT_TELL =
  "Cannot tell where this photo was taken. The shading shows low-confidence guesses only.";

export class MapPage {
  /** @param {string[]} ramp */
  constructor(ramp) {
    this.map = foliumMap();
    /** @type {Message.Prediction | null} */
    this.prediction = null;
    this.bridge = new Bridge();
    /** @returns {Rectangle[]} */
    const cards = () => this.controls?.boxes ?? [];
    this.theme = new Theme(ramp);
    this.motion = new Motion(this.map, () => this.controls.covered);
    this.markers = new Markers(this.map, this.bridge, cards);
    this.cells = new Cells(this.theme);
    this.overlay = new Overlay(this.theme, this.cells, this.markers, cards);
    this.detail = new Detail(
      () => this.ground.invalidate(),
      (sentence) => this.bridge.report("problem", sentence),
    );
    this.labels = new Labels(this.theme, this.detail, (window) => this.obstacles(window));
    this.basemap = new Basemap(this.theme, this.detail, () => this.ground.invalidate());
    this.tiles = new Tiles(() => this.ground.invalidate());
    this.tooltip = new Tooltip(this.map);
    const { chooseLayer } = this.actions();
    this.display = new Display(this.cells, (state) => this.displayChanged(state), chooseLayer);
    this.controls = new Controls(this.map, this.actions(), this.display);
    this.credible = new CredibleOutline(this.theme, this.cells);
    this.parts = new Parts(this);
    this.deaf = false; // a drag has just ended: its click is none
    this.above = this.makeStage("above", 300, [this.credible, this.overlay, this.parts.above]);
    this.dots = this.makeStage("dots", 250, [this.parts.dots]);
    this.ground = this.makeStage("ground", 200, this.groundPainters());
    this.listen();
  }

  /** @param {string} name @param {number} height @param {Painter[]} painters */
  makeStage(name, height, painters) {
    const pane = this.map.createPane(name);
    pane.style.zIndex = String(height);
    pane.style.pointerEvents = "none";
    return new Stage(painters, name, this.motion).addTo(this.map);
  }

  /** @returns {Painter[]} */
  groundPainters() {
    const { basemap, cells, labels, parts, tiles } = this;
    // Tiles bring coasts and names of their own, as soon as some are there.
    /** @type {(painter: Painter) => Painter} */
    const builtIn = (painter) => ({
      get isEmpty() {
        return tiles.isThere;
      },
      paint: (context, window) => painter.paint(context, window),
    });
    const land = [basemap.ground, tiles, cells, parts.ground, basemap.sea];
    return [...land, builtIn(basemap.lines), builtIn(labels)];
  }

  /**
   * Rectangles that names must leave free.
   * @param {Window} window
   */
  obstacles(window) {
    const dx = window.left - this.above.window.left;
    const dy = window.top - this.above.window.top;
    const found = this.markers.obstacles(window);
    for (const part of this.parts.all) found.push(...(part.obstacles?.(window) ?? []));
    for (const { x, y, width, height } of this.overlay.captions) found.push([x - dx, y - dy, width, height]);
    return found;
  }

  /** @returns {Actions} */
  actions() {
    return {
      zoomIn: () => this.motion.zoomBy(1),
      zoomOut: () => this.motion.zoomBy(-1),
      fitWorld: () => this.motion.fitWorld(),
      fitAnswer: () => this.fitAnswer(),
      search: () => this.bridge.report("search"),
      chooseLayer: (name) => {
        this.showLayer(name);
        this.bridge.report("layer", name);
      },
    };
  }

  // --- what the window sends ---------------------------------------------------------------

  listen() {
    const { bridge } = this;
    bridge.on("theme", (name, serial) => this.apply("theme", serial, () => this.theme.set(name)));
    bridge.on("layer", (name, serial) => this.apply("layer", serial, () => this.cells.choose(name)));
    bridge.on("prediction", (state, serial) =>
      this.apply("prediction", serial, () => this.setPrediction(state)),
    );
    bridge.on("highlight", (rank, serial) =>
      this.apply("highlight", serial, () => this.markers.highlight(rank)),
    );
    bridge.on("buttons", (on, serial) =>
      this.apply("buttons", serial, () => this.controls.showButtons(on)),
    );
    bridge.on("units", (units, serial) =>
      this.apply("units", serial, () => this.controls.useUnits(units)),
    );
    bridge.on("display", (state, serial) =>
      this.apply("display", serial, () => this.display.show(state)),
    );
    bridge.on("tiles", (source, serial) =>
      this.apply("tiles", serial, () => {
        this.tiles.set(source);
        this.controls.showSources(source?.attribution);
      }),
    );
    bridge.on("found", (found, serial) =>
      this.apply("found", serial, () => this.markers.setFound(found)),
    );
    bridge.on("pins", (pins, serial) => this.apply("pins", serial, () => (this.overlay.pins = pins)));
    bridge.on("partitions", async (described, serial) => {
      try {
        await this.cells.setPartitions(described);
        this.apply("partitions", serial, () => {});
      } catch (error) {
        this.bridge.report("problem", `Could not show the cells of this model: ${reason(error)}`);
      }
    });
    bridge.on("view", (move, serial) => this.apply("view", serial, () => this.move(move)));
    this.listenToPointer();
    this.listenToKeys();
  }

  /**
   * Change something, show it, and say so once it is painted.
   * @param {string} topic @param {number} serial @param {() => void} change
   */
  apply(topic, serial, change) {
    change();
    this.refresh();
    this.ground.afterPaint.push(() => this.bridge.report("drawn", topic, serial));
  }

  /** @param {Message.Move} move */
  move(move) {
    if (move[0] === "fitAnswer") this.fitAnswer();
    else if (move[0] === "fitWorld") this.motion.fitWorld();
    else if (move[0] === "fitRegion") this.motion.fitOutline(move[1]);
    else if (move[0] === "go") this.motion.go([move[1], move[2]], move[3]);
    else this.display.start();
  }

  /** @param {Message.Prediction | null} state */
  setPrediction(state) {
    this.prediction = state;
    this.display.stop();
    this.tooltip.hide();
    this.cells.setLayers(state?.layers);
    this.overlay.set(state);
    this.markers.set(state);
    this.controls.fitAnswer.disabled = !state?.answer;
    this.controls.showBanner(state?.cannotTell ? CANNOT_TELL : "");
  }

  /** @param {string} name */
  showLayer(name) {
    this.cells.choose(name);
    this.refresh();
  }

  refresh() {
    const { cells } = this;
    cells.arrange();
    cells.hovered = -1;
    this.controls.showLayers(cells.names, cells.active);
    const legend = this.parts.ask((part) => part.legend?.());
    if (legend) this.controls.showOwnLegend(legend);
    else this.controls.showLegend(cells, this.theme);
    this.redraw();
  }

  /** Paint again in the next frame. */
  redraw() {
    for (const stage of this.stages) stage.invalidate();
  }

  /** Does the map still move, or is anything left to paint? */
  get dirty() {
    return this.motion.target !== null || this.detail.isWaiting || this.stages.some((stage) => stage.dirty);
  }

  /** The ground last: once it is painted, all is. */
  get stages() {
    return [this.above, this.dots, this.ground];
  }

  /** @param {Message.Display | null} state */
  displayChanged(state) {
    if (state) this.bridge.report("display", state);
    this.refresh();
  }

  fitAnswer() {
    const state = this.prediction;
    if (!state?.answer) return;
    if (state.cannotTell) {
      this.motion.fitWorld();
      return;
    }
    if (state.around.length) {
      this.motion.fitOutline(state.around);
      return;
    }
    const region = state.regions.find(({ share }) => share === 80);
    if (region && region.inside !== "ring") this.motion.fitWorld();
    else this.motion.fitOutline(region?.ring ?? worldPoint(...state.answer));
  }

  // --- what the user does ------------------------------------------------------------------

  listenToPointer() {
    this.map.on("mousemove", (event) => this.hover(event));
    this.map.on("mouseout movestart", () => this.unhover());
    this.map.on("click", (event) => this.click(event));
    this.map.on("moveend", () => {
      const { lat, lng } = this.map.getCenter().wrap();
      this.bridge.report("moved", lat, lng, this.map.getZoom());
    });
  }

  /** @param {At} at */
  under({ x, y, scale }) {
    return { cell: this.cells.cellAt(x, y, scale), pin: this.overlay.pinAt(x, y, scale) };
  }

  /**
   * Where a mouse event is, on the map and in the view.
   * @param {MouseEvent} event
   * @returns {At}
   */
  at(event) {
    const point = this.map.mouseEventToContainerPoint(event);
    return { ...this.atPoint(point), event };
  }

  /**
   * @param {L.Point} point
   * @returns {Spot}
   */
  atPoint(point) {
    const { lat, lng } = this.map.containerPointToLatLng(point).wrap();
    const [x, y] = worldPoint(lat, lng);
    return { x: x - Math.floor(x), y, lat, lon: lng, scale: this.ground.window.scale, point };
  }

  /**
   * Latitude and longitude of a point of the view in pixels.
   * @param {number} left @param {number} top
   */
  placeAt(left, top) {
    const { lat, lon } = this.atPoint(L.point(left, top));
    return [lat, lon];
  }

  /** @param {L.LeafletMouseEvent} event */
  hover(event) {
    if (isOn(event.originalEvent, ".controls, .mark")) {
      this.unhover();
      return;
    }
    const at = this.at(event.originalEvent);
    const lines = this.parts.ask((part) => part.hover?.(at));
    if (lines) {
      this.tooltip.show(lines, event.containerPoint);
      this.setHovered(-1);
      return;
    }
    const { cell } = this.under(at);
    if (cell >= 0) this.tooltip.show(this.cells.describe(cell), event.containerPoint);
    else this.tooltip.hide();
    this.setHovered(cell);
  }

  unhover() {
    this.tooltip.hide();
    this.parts.unhover();
    this.setHovered(-1);
  }

  /** @param {number} cell */
  setHovered(cell) {
    if (cell === this.cells.hovered) return;
    this.cells.hovered = cell;
    this.above.invalidate();
    this.bridge.report("hover", this.cells.active ?? "", cell);
  }

  /** @param {L.LeafletMouseEvent} event */
  click(event) {
    if (this.deaf) return;
    const at = this.at(event.originalEvent);
    if (this.parts.ask((part) => part.click?.(at))) return;
    const { cell, pin } = this.under(at);
    if (pin) this.bridge.report("pin", pin.id);
    else if (cell >= 0) this.bridge.report("cell", this.cells.active ?? "", cell);
    this.bridge.report("click", at.lat, at.lon);
  }

  listenToKeys() {
    this.parts.watch(this.map.getContainer());
    this.map.getContainer().tabIndex = 0;
    document.addEventListener("keydown", (event) => {
      if (this.parts.ask((part) => part.key?.(event))) event.preventDefault();
      else if (event.key === "Escape") this.bridge.report("escape");
      else if (this.useKey(event)) event.preventDefault();
    });
  }

  /**
   * Keys of the map itself; they are those of the window's menus. True when the key was used.
   * @param {KeyboardEvent} event
   */
  useKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (isOn(event, "input") && event.key.startsWith("Arrow")) return false;
    if (event.key.toLowerCase() !== "f") return this.motion.onKey(event);
    this.fitAnswer();
    return true;
  }

  /** Load the base map, then tell the window that the page listens. */
  async start() {
    await this.bridge.connect();
    try {
      await Promise.all([this.basemap.load("50m"), this.labels.load()]);
    } catch (error) {
      this.bridge.report("problem", `Could not load the base map: ${reason(error)}`);
    }
    this.motion.limit();
    this.map.setView([22, 12], this.map.getMinZoom(), { animate: false });
    this.refresh();
    this.ground.afterPaint.push(() => {
      this.bridge.report("ready");
      this.detail.load();
    });
  }
}

/** The map that folium has made; it is a global whose name the page tells. */
function foliumMap() {
  const name = document.querySelector("meta[name=geoguess-map]")?.getAttribute("content");
  return /** @type {Record<string, L.Map>} */ (/** @type {unknown} */ (globalThis))[name ?? ""];
}

/** @type {{ colors: string[] }} */
const { colors } = await (await fetch("data/ramp.json")).json();
window.geoguess = new MapPage(colors);
await window.geoguess.start();
