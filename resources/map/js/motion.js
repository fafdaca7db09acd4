// How the view moves: continuous wheel zoom, keys, and fitting to what is shown.

import { isOn } from "./dom.js";
import { TILE, place } from "./world.js";

const WHEEL_PER_ZOOM = 190; // wheel pixels for one zoom level
const EASING = 0.28; // share of the remaining way per frame
const NEAREST_FIT = 13; // fitting never zooms nearer than this: about a town
const STREETS_KM = 1.2; // across: nearer than a town
const STREETS_SHOWN_KM = 16;
const TOWN_SHOWN_KM = 80; // as for a single answer
const MARGIN = 44; // pixels left free around what is fitted
const PAN_STEP = 110; // pixels per arrow key
const FAR = 3.2; // screens: a longer way is jumped, not flown

export class Motion {
  /** @param {L.Map} map @param {() => number} covered */
  constructor(map, covered) {
    this.map = map;
    this.covered = covered;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    /** @type {number | null} */
    this.target = null; // zoom to which the map is on its way
    this.around = L.point(0, 0); // point of the view that stays where it is
    /** @type {{ to: L.LatLng, zoom: number } | null} */
    this.goal = null; // of a flight
    map.on("resize", () => this.onResize());
    map.on("moveend dragstart", () => (this.goal = null));
    const box = map.getContainer();
    box.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    box.addEventListener("dblclick", (event) => this.onDoubleClick(event));
    map.on("mousedown", () => (this.target = null));
    this.limit();
  }

  /** The world fills the view at the lowest zoom, and one cannot leave it up- or downwards. */
  limit() {
    const size = this.map.getSize();
    if (!size.x || !size.y) return;
    const lowest = Math.log2(Math.max(size.x, size.y) / TILE);
    this.map.setMinZoom(lowest);
    this.map.setMaxBounds([[-85.05, -1e7], [85.05, 1e7]]);
  }

  /** Leaflet gives up a flight when the view changes its size: it then ends at once. */
  onResize() {
    const { goal } = this;
    this.limit();
    if (goal) this.map.setView(goal.to, goal.zoom, { animate: false });
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 32 : event.deltaMode === 2 ? 300 : 1;
    const finer = event.ctrlKey ? 4 : 1; // a pinch on a touchpad comes with small steps
    this.zoomBy((-event.deltaY * unit * finer) / WHEEL_PER_ZOOM, this.map.mouseEventToContainerPoint(event));
  }

  /** @param {MouseEvent} event */
  onDoubleClick(event) {
    if (isOn(event, ".controls")) return;
    this.zoomBy(event.shiftKey ? -1 : 1, this.map.mouseEventToContainerPoint(event));
  }

  /**
   * Zoom by levels around a point of the view, smoothly; further calls add up.
   * @param {number} levels @param {L.Point} [around]
   */
  zoomBy(levels, around = this.map.getSize().divideBy(2)) {
    const from = this.target ?? this.map.getZoom();
    const wanted = Math.max(this.map.getMinZoom(), Math.min(this.map.getMaxZoom(), from + levels));
    this.around = around;
    if (this.calm.matches) {
      this.map.setZoomAround(around, wanted, { animate: false });
      return;
    }
    const isRunning = this.target !== null;
    this.target = wanted;
    if (!isRunning) {
      this.map.stop();
      requestAnimationFrame(() => this.zoomStep());
    }
  }

  /**
   * Where a running zoom out ends, which then shows all that is seen on the way: scale in pixels
   * per world and the view's corner in them; null otherwise.
   */
  ahead() {
    const zoom = this.map.getZoom();
    if (this.target === null || this.target >= zoom) return null;
    const shrunk = 2 ** (this.target - zoom);
    const corner = this.map.getPixelBounds().getTopLeft().add(this.around).multiplyBy(shrunk).subtract(this.around);
    return { zoom: this.target, scale: TILE * 2 ** this.target, corner };
  }

  zoomStep() {
    if (this.target === null) return;
    const zoom = this.map.getZoom();
    const rest = this.target - zoom;
    const isLast = Math.abs(rest) < 0.01;
    this.map.setZoomAround(this.around, isLast ? this.target : zoom + EASING * rest, { animate: false });
    if (isLast || Math.abs(this.map.getZoom() - zoom) < 1e-6) this.target = null;
    else requestAnimationFrame(() => this.zoomStep());
  }

  /**
   * Keys of the focused map; true when the key was used.
   * @param {KeyboardEvent} event
   */
  onKey({ key, shiftKey }) {
    const step = shiftKey ? 3 * PAN_STEP : PAN_STEP;
    /** @type {Record<string, [x: number, y: number]>} */
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (key in ways) this.map.panBy(ways[key], { animate: !this.calm.matches, duration: 0.18 });
    else if (key === "+" || key === "=") this.zoomBy(1);
    else if (key === "-" || key === "_") this.zoomBy(-1);
    else if (key.toLowerCase() === "w") this.fitWorld();
    else return false;
    return true;
  }

  fitWorld() {
    this.go([20, this.map.getSize().x > this.map.getSize().y ? 12 : 20], this.map.getMinZoom());
  }

  /**
   * Show an outline given as flat world coordinates, and around a small one enough to recognise
   * where it is: a town and its neighbours, or for something of a few streets its town.
   * @param {number[]} ring @param {{ around?: boolean }} [choice]
   */
  fitOutline(ring, { around = false } = {}) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < ring.length; i += 2) {
      [left, right] = [Math.min(left, ring[i]), Math.max(right, ring[i])];
      [top, bottom] = [Math.min(top, ring[i + 1]), Math.max(bottom, ring[i + 1])];
    }
    if (around) {
      const worldKm = 40_075 * Math.cos((place(0, (top + bottom) / 2)[0] * Math.PI) / 180);
      const across = Math.max(right - left, bottom - top) * worldKm;
      const more = ((across < STREETS_KM ? STREETS_SHOWN_KM : TOWN_SHOWN_KM) - across) / 2 / worldKm;
      if (more > 0) [left, top, right, bottom] = [left - more, top - more, right + more, bottom + more];
    }
    const size = this.map.getSize();
    const below = this.covered();
    const roomX = Math.max(60, size.x - 2 * MARGIN);
    const roomY = Math.max(60, size.y - MARGIN - below);
    const scale = Math.min(roomX / Math.max(right - left, 1e-9), roomY / Math.max(bottom - top, 1e-9));
    const zoom = Math.max(this.map.getMinZoom(), Math.min(NEAREST_FIT, Math.log2(scale / TILE)));
    const middle = (top + bottom) / 2 + (below - MARGIN) / 2 / (TILE * 2 ** zoom);
    this.go([place(0, middle)[0], ((left + right) / 2 - 0.5) * 360], zoom);
  }

  /**
   * Move to a view: a short way is flown, a long one jumped; always the shorter way round.
   * @param {Degrees} place @param {number} zoom
   */
  go([latitude, longitude], zoom) {
    this.target = null;
    const { map } = this;
    const turns = Math.round((map.getCenter().lng - longitude) / 360);
    const to = L.latLng(latitude, longitude + 360 * turns);
    const least = Math.min(zoom, map.getZoom());
    const way = map.project(to, least).distanceTo(map.project(map.getCenter(), least));
    const screens = way / Math.max(map.getSize().x, map.getSize().y);
    if (this.calm.matches || screens > FAR) {
      map.setView(to, zoom, { animate: false });
      return;
    }
    map.flyTo(to, zoom, { duration: 0.35 + 0.25 * Math.min(1, screens), easeLinearity: 0.5 });
    this.goal = { to, zoom }; // after the moveend of what the flight has interrupted
  }
}
