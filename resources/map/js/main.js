// Puts the map together: folium has made the Leaflet map, the window sends what to show.

import { Basemap } from "./basemap.js";
import { Bridge } from "./bridge.js";
import { Cells } from "./cells.js";
import { Controls } from "./controls.js";
import { CredibleOutline, Display } from "./display.js";
import { Labels } from "./labels.js";
import { Markers } from "./markers.js";
import { Motion } from "./motion.js";
import { Overlay } from "./overlay.js";
import { Parts } from "./parts.js";
import { Stage } from "./stage.js";
import { percent } from "./text.js";
import { Tiles } from "./tiles.js";
import { Theme } from "./theme.js";
import { Tooltip } from "./tooltip.js";
import { worldPoint } from "./world.js";

const CANNOT_TELL =
  "Cannot tell where this photo was taken. The shading shows low-confidence guesses only.";

class MapPage {
  constructor(ramp) {
    const name = document.querySelector("meta[name=geoguess-map]").content;
    this.map = window[name];
    this.prediction = null;
    this.bridge = new Bridge();
    const report = (...values) => this.bridge.report(...values);
    const cards = () => this.controls?.boxes ?? [];
    this.theme = new Theme(ramp);
    this.motion = new Motion(this.map, () => this.controls.covered);
    this.markers = new Markers(this.map, report, cards);
    this.cells = new Cells(this.theme);
    this.overlay = new Overlay(this.theme, this.cells, this.markers, cards);
    this.labels = new Labels(this.theme, (window) => this.obstacles(window));
    this.basemap = new Basemap(this.theme, () => this.ground.invalidate());
    this.tiles = new Tiles(() => this.ground.invalidate());
    this.tooltip = new Tooltip(this.map);
    const { chooseLayer } = this.actions();
    this.display = new Display(this.cells, (state) => this.displayChanged(state), chooseLayer);
    this.controls = new Controls(this.map, this.actions(), this.display);
    this.credible = new CredibleOutline(this.theme, this.cells);
    this.parts = new Parts(this);
    this.deaf = false; // a drag has just ended: its click is none
    this.makeStages();
    this.listen();
  }

  makeStages() {
    for (const [pane, height] of [["ground", 200], ["dots", 250], ["above", 300]]) {
      const made = this.map.createPane(pane);
      made.style.zIndex = height;
      made.style.pointerEvents = "none";
    }
    const { basemap, cells, labels, motion, parts, tiles } = this;
    // Tiles bring coasts and names of their own.
    const builtIn = (painter) => ({
      get isEmpty() {
        return !tiles.isEmpty;
      },
      paint: (context, window) => painter.paint(context, window),
    });
    const ground = [
      basemap.ground, tiles, cells, parts.ground, builtIn(basemap.lines), builtIn(labels),
    ];
    this.above = new Stage([this.credible, this.overlay, parts.above], "above", motion).addTo(this.map);
    this.dots = new Stage([parts.dots], "dots", motion).addTo(this.map);
    this.ground = new Stage(ground, "ground", motion).addTo(this.map);
  }

  obstacles(window) {
    const dx = window.left - this.above.window.left;
    const dy = window.top - this.above.window.top;
    const captions = this.overlay.captions.map((c) => [c.x - dx, c.y - dy, c.width, c.height]);
    return [...this.markers.obstacles(window), ...captions];
  }

  actions() {
    return {
      zoomIn: () => this.motion.zoomBy(1),
      zoomOut: () => this.motion.zoomBy(-1),
      fitWorld: () => this.motion.fitWorld(),
      fitAnswer: () => this.fitAnswer(),
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
    bridge.on("display", (state, serial) =>
      this.apply("display", serial, () => this.display.show(state)),
    );
    bridge.on("tiles", (source, serial) =>
      this.apply("tiles", serial, () => {
        this.tiles.set(source);
        this.controls.showSources(source?.attribution);
      }),
    );
    bridge.on("pins", (pins, serial) => this.apply("pins", serial, () => (this.overlay.pins = pins)));
    bridge.on("partitions", async (described, serial) => {
      try {
        await this.cells.setPartitions(described);
        this.apply("partitions", serial, () => {});
      } catch (error) {
        this.bridge.report("problem", `Could not show the cells of this model: ${error.message}`);
      }
    });
    bridge.on("view", ([name, ...values], serial) =>
      this.apply("view", serial, () => this.commands()[name](...values)),
    );
    this.listenToPointer();
    this.listenToKeys();
  }

  /** Change something, show it, and say so once it is painted. */
  apply(topic, serial, change) {
    change();
    this.refresh();
    this.ground.afterPaint.push(() => this.bridge.report("drawn", topic, serial));
  }

  commands() {
    return {
      fitAnswer: () => this.fitAnswer(),
      fitWorld: () => this.motion.fitWorld(),
      fitRegion: (ring) => this.motion.fitOutline(ring),
      go: (latitude, longitude, zoom) => this.motion.go([latitude, longitude], zoom),
      zoomBy: (levels) => this.motion.zoomBy(levels),
      play: () => this.display.start(),
    };
  }

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

  showLayer(name) {
    this.cells.choose(name);
    this.refresh();
  }

  refresh() {
    const { cells } = this;
    cells.arrange();
    cells.hovered = -1;
    this.controls.showLayers(cells.names, cells.active);
    const shade = (layer, p) => cells.shade(layer, p);
    const legend = this.parts.ask("legend");
    if (legend) this.controls.showOwnLegend(legend);
    else this.controls.showLegend(cells.layers[cells.active], this.theme, shade);
    this.redraw();
  }

  /** Paint again in the next frame. */
  redraw() {
    for (const stage of this.stages) stage.invalidate();
  }

  /** Does the map still move, or is anything left to paint? */
  get dirty() {
    return this.motion.target !== null || this.stages.some((stage) => stage.dirty);
  }

  /** The ground last: once it is painted, all is. */
  get stages() {
    return [this.above, this.dots, this.ground];
  }

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
    const region = state.regions.find(({ share }) => share === 80);
    this.motion.fitOutline(region?.ring ?? worldPoint(...state.answer));
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

  under({ x, y, scale }) {
    return { cell: this.cells.cellAt(x, y, scale), pin: this.overlay.pinAt(x, y, scale) };
  }

  /** Where a mouse event is, on the map and in the view. */
  at(event) {
    const point = this.map.mouseEventToContainerPoint(event);
    return { ...this.atPoint(point), event };
  }

  atPoint(point) {
    const { lat, lng } = this.map.containerPointToLatLng(point).wrap();
    const [x, y] = worldPoint(lat, lng);
    return { x: x - Math.floor(x), y, lat, lon: lng, scale: this.ground.window.scale, point };
  }

  /** Latitude and longitude of a point of the view in pixels. */
  placeAt(left, top) {
    const { lat, lon } = this.atPoint(L.point(left, top));
    return [lat, lon];
  }

  hover(event) {
    if (event.originalEvent.target.closest(".controls, .mark")) {
      this.unhover();
      return;
    }
    const at = this.at(event.originalEvent);
    const lines = this.parts.ask("hover", at);
    if (lines) {
      this.tooltip.show(lines, event.containerPoint);
      this.setHovered(-1);
      return;
    }
    const { cell } = this.under(at);
    if (cell >= 0) this.tooltip.show(this.cells.describe(cell, percent), event.containerPoint);
    else this.tooltip.hide();
    this.setHovered(cell);
  }

  unhover() {
    this.tooltip.hide();
    this.parts.unhover();
    this.setHovered(-1);
  }

  setHovered(cell) {
    if (cell === this.cells.hovered) return;
    this.cells.hovered = cell;
    this.above.invalidate();
    this.bridge.report("hover", this.cells.active ?? "", cell);
  }

  click(event) {
    if (this.deaf) return;
    const at = this.at(event.originalEvent);
    if (this.parts.ask("click", at)) return;
    const { cell, pin } = this.under(at);
    if (pin) this.bridge.report("pin", pin.id);
    else if (cell >= 0) this.bridge.report("cell", this.cells.active, cell);
    this.bridge.report("click", at.lat, at.lon);
  }

  listenToKeys() {
    this.parts.watch(this.map.getContainer());
    this.map.getContainer().tabIndex = 0;
    document.addEventListener("keydown", (event) => {
      if (this.parts.ask("key", event)) event.preventDefault();
      else if (event.key === "Escape") this.bridge.report("escape");
      else if (event.ctrlKey || event.metaKey || event.altKey) return;
      else if (event.target.matches("input") && event.key.startsWith("Arrow")) return;
      else if (event.key === "a" || event.key === "A") this.fitAnswer();
      else if (!this.motion.onKey(event)) return;
      else event.preventDefault();
    });
  }

  /** Load the base map, then tell the window that the page listens. */
  async start() {
    await this.bridge.connect();
    try {
      await Promise.all([this.basemap.load("50m"), this.labels.load()]);
    } catch (error) {
      this.bridge.report("problem", `Could not load the base map: ${error.message}`);
    }
    this.motion.limit();
    this.map.setView([22, 12], this.map.getMinZoom(), { animate: false });
    this.refresh();
    this.ground.afterPaint.push(() => this.bridge.report("ready"));
  }
}

const { colors } = await (await fetch("data/ramp.json")).json();
window.geoguess = new MapPage(colors);
await window.geoguess.start();
