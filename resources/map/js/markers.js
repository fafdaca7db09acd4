// The answer, the ranked candidates, the other hypothesis and the known position: real elements,
// so that they can be reached by Tab and read aloud.

import { make } from "./dom.js";
import { worldPoint } from "./world.js";

/**
 * @import { Bridge } from "./bridge.js"
 * @import { Window } from "./world.js"
 *
 * @typedef {"answer" | "candidate" | "other" | "known" | "found"} Kind
 *
 * @typedef {object} NewMark
 * @property {Kind} kind
 * @property {Degrees} at
 * @property {HTMLElement} node
 * @property {HTMLElement | null} [tag] words beside it
 * @property {string} title
 * @property {number | null} rank of the candidate that a click chooses
 * @property {number} above the higher, the farther in front
 *
 * @typedef {object} Mark
 * @property {Kind} kind
 * @property {Degrees} at
 * @property {HTMLElement} node
 * @property {HTMLElement | null} tag
 * @property {Rectangle | null} tagBox where the tag stands, relative to the mark's point
 * @property {number | null} rank
 * @property {L.Marker} marker
 */

const CROWDED = 19; // pixels between numbers before the lower rank shrinks to a dot

export class Markers {
  /**
   * @param {L.Map} map @param {Bridge} bridge
   * @param {() => Rectangle[]} cards
   */
  constructor(map, bridge, cards) {
    this.map = map;
    this.cards = cards;
    this.bridge = bridge;
    /** @type {Mark[]} */
    this.all = [];
    /** @type {Message.Prediction | null} */
    this.prediction = null;
    /** @type {Message.Found | null} */
    this.found = null;
    /** @type {number | null} */
    this.highlighted = null;
    map.on("moveend", () => this.arrange());
  }

  /**
   * What was searched for.
   * @param {Message.Found | null} found
   */
  setFound(found) {
    this.found = found;
    this.set(this.prediction);
  }

  /** @param {Message.Prediction | null} prediction */
  set(prediction) {
    this.prediction = prediction;
    for (const { marker } of this.all) marker.remove();
    this.all = [];
    if (prediction) this.build(prediction);
    if (this.found) this.addFound(this.found);
    this.arrange();
    this.highlight(this.highlighted);
  }

  /** @param {Message.Prediction} prediction */
  build({ answer, name, candidates, conflict, known, cannotTell }) {
    const first = candidates.find((candidate) => candidate.rank === 1);
    if (known) this.addKnown(known);
    for (const candidate of candidates) {
      const isAnswer = answer && !cannotTell && candidate === first && isSame(candidate.at, answer);
      if (!isAnswer) this.addCandidate(candidate);
    }
    if (answer && !cannotTell) this.addAnswer(answer, name, first, conflict);
    if (conflict) this.addOther(conflict);
  }

  /**
   * @param {Degrees} at @param {string} name @param {Message.Candidate | undefined} first
   * @param {Message.Conflict | null} conflict
   */
  addAnswer(at, name, first, conflict) {
    const text = first ? `Answer, ${first.chance}` : "Answer";
    const pin = make("div", "pin");
    pin.innerHTML = PIN;
    const label = conflict ? `Final answer · ${conflict.fine.chance}` : name;
    const words = label ? makeTag(label, "accent") : null;
    this.add({
      kind: "answer", at, node: pin, tag: words, title: text, rank: first?.rank ?? null, above: 900,
    });
  }

  /** @param {Message.Candidate} candidate */
  addCandidate({ rank, at, chance, cell }) {
    const node = make("div", "candidate", String(rank));
    const title = `Candidate ${rank}, ${chance}, cell ${cell}`;
    this.add({ kind: "candidate", at, node, title, rank, above: 500 - rank });
  }

  /** @param {Message.Conflict} conflict */
  addOther({ coarse, away }) {
    const node = make("div", "other");
    const words = makeTag(`Other hypothesis · ${coarse.chance} · ${away} away`, "other");
    const title = `Other hypothesis (coarse cells), ${coarse.chance}`;
    this.add({ kind: "other", at: coarse.at, node, tag: words, title, rank: null, above: 700 });
  }

  /** @param {Message.Known} known */
  addKnown({ at, off }) {
    const node = make("div", "known");
    const text = off === null ? "Taken here (GPS)" : `Taken here (GPS) · ${off} off`;
    const words = makeTag(text, "known");
    this.add({ kind: "known", at, node, tag: words, title: text, rank: null, above: 600 });
  }

  /** @param {Message.Found} found */
  addFound({ at, name }) {
    const node = make("div", "found");
    const words = makeTag(name, "found");
    const title = `Found: ${name}`;
    this.add({ kind: "found", at, node, tag: words, title, rank: null, above: 950 });
  }

  /** @param {NewMark} mark */
  add({ kind, at, node, tag: words = null, title, rank, above }) {
    const box = make("div", "mark-box");
    box.append(node, ...(words ? [words] : []));
    node.setAttribute("role", rank === null ? "img" : "button");
    node.setAttribute("aria-label", title);
    const icon = L.divIcon({ html: box, className: `mark mark-${kind}`, iconSize: [0, 0] });
    const marker = L.marker(at, { icon, zIndexOffset: above, keyboard: rank !== null });
    marker.addTo(this.map);
    if (rank !== null) {
      /** @param {Event} event */
      const choose = (event) => {
        L.DomEvent.stop(event);
        this.bridge.report("candidate", rank);
      };
      marker.on("click", (event) => choose(event.originalEvent));
      marker.getElement()?.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") choose(event);
      });
    }
    this.all.push({ kind, at, node, tag: words, tagBox: null, rank, marker });
  }

  /** @param {number | null} rank */
  highlight(rank) {
    this.highlighted = rank;
    for (const mark of this.all) {
      const isChosen = rank !== null && mark.rank === rank;
      mark.node.classList.toggle("chosen", isChosen);
      mark.marker.setZIndexOffset(isChosen ? 1000 : mark.kind === "answer" ? 900 : 500 - (mark.rank ?? 0));
      if (isChosen) this.reveal(mark);
    }
    this.arrange();
  }

  /** @param {Mark} mark */
  reveal({ marker }) {
    if (!this.map.getBounds().contains(marker.getLatLng())) {
      this.map.panTo(marker.getLatLng(), { animate: true, duration: 0.4 });
    }
  }

  /** Bring every marker to the copy of the world that is on the screen; shrink crowded ones. */
  arrange() {
    const middle = this.map.getCenter().lng;
    /** @type {L.Point[]} */
    const seen = [];
    for (const mark of this.all) {
      const turns = Math.round((middle - mark.at[1]) / 360);
      const at = L.latLng(mark.at[0], mark.at[1] + 360 * turns);
      if (!mark.marker.getLatLng().equals(at)) mark.marker.setLatLng(at);
    }
    const order = [...this.all].sort((a, b) => weight(a) - weight(b));
    for (const mark of order) {
      const point = this.map.latLngToContainerPoint(mark.marker.getLatLng());
      const isCrowded = mark.kind === "candidate" && seen.some((p) => p.distanceTo(point) < CROWDED);
      mark.node.classList.toggle("crowded", isCrowded && !mark.node.classList.contains("chosen"));
      if (!isCrowded) seen.push(point);
    }
    for (const mark of this.all) {
      if (!mark.tag) continue;
      const point = this.map.latLngToContainerPoint(mark.marker.getLatLng());
      mark.tagBox = this.placeTag(mark.kind, mark.tag, point);
    }
  }

  /**
   * Beside, above or below its mark: where a tag is in the view and over no other mark.
   * @param {Kind} kind @param {HTMLElement} tag @param {L.Point} point of the mark
   * @returns {Rectangle} relative to that point
   */
  placeTag(kind, tag, point) {
    const size = this.map.getSize();
    const rise = kind === "answer" ? 24 : 0;
    tag.style.maxWidth = `${Math.max(90, size.x - 40)}px`;
    const [w, h] = [tag.offsetWidth, tag.offsetHeight];
    /** @param {number} x */
    const inView = (x) => Math.max(6 - point.x, Math.min(size.x - 6 - w - point.x, x));
    /** @type {[x: number, y: number][]} */
    const spots = [
      [16, -h / 2 - rise],
      [-16 - w, -h / 2 - rise],
      [inView(-w / 2), 12],
      [inView(-w / 2), -14 - h - 1.2 * rise],
    ];
    /** @param {[x: number, y: number]} spot */
    const cost = ([x, y]) => this.tagCost(tag, point.x + x, point.y + y, w, h, size);
    const best = spots.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    L.DomUtil.setPosition(tag, L.point(Math.round(best[0]), Math.round(best[1])));
    return [best[0], best[1], w, h];
  }

  /**
   * @param {HTMLElement} tag @param {number} x @param {number} y @param {number} w
   * @param {number} h @param {L.Point} size
   */
  tagCost(tag, x, y, w, h, size) {
    /** @param {Rectangle} box */
    const isOver = ([left, top, width, height]) =>
      x < left + width && x + w > left && y < top + height && y + h > top;
    let cost = x < 4 || y < 4 || x + w > size.x - 4 || y + h > size.y - 4 ? 10 : 0;
    cost += 2 * this.cards().filter(isOver).length;
    for (const other of this.all) {
      if (other.tag === tag) continue;
      const point = this.map.latLngToContainerPoint(other.marker.getLatLng());
      const boxes = footprint(other).map((box) => moved(box, point.x, point.y));
      cost += boxes.filter(isOver).length;
    }
    return cost;
  }

  /**
   * Rectangles that labels must leave free, in the pixels of a painted window.
   * @param {Window} window
   */
  obstacles(window) {
    return this.all.flatMap((mark) => {
      const [x, y] = worldPoint(...mark.at);
      return window.copies(x, x).flatMap((k) =>
        footprint(mark).map((box) => moved(box, window.x(x, k), window.y(y))),
      );
    });
  }
}

/**
 * Rectangles that a mark covers, relative to its point.
 * @param {Mark} mark
 * @returns {Rectangle[]}
 */
function footprint({ kind, tagBox }) {
  /** @type {Rectangle} */
  const body = kind === "answer" ? [-15, -40, 30, 44] : [-11, -11, 22, 22];
  return tagBox ? [body, tagBox] : [body];
}

/**
 * @param {Rectangle} rectangle @param {number} right @param {number} down
 * @returns {Rectangle}
 */
function moved([left, top, width, height], right, down) {
  return [left + right, top + down, width, height];
}

const PIN =
  '<svg viewBox="0 0 30 40" width="30" height="40" aria-hidden="true">' +
  '<path class="body" d="M15 1.5C7.5 1.5 1.8 7.200 1.8 14.500 1.800 23.500 11 31 15 38.500 19 31 28.200 23.500 28.200 14.500 28.200 7.200 22.500 1.500 15 1.500Z"/>' +
  '<circle class="eye" cx="15" cy="14.500" r="5"/></svg>';

/** @param {string} text @param {string} kind */
function makeTag(text, kind) {
  return make("span", `tag tag-${kind}`, text);
}

/** @param {Mark} mark */
function weight({ kind, rank }) {
  return kind === "candidate" ? (rank ?? 0) : 0;
}

/**
 * Within some hundred metres: one pin is enough.
 * @param {Degrees} one @param {Degrees} other
 */
function isSame([latitude, longitude], [otherLatitude, otherLongitude]) {
  return Math.abs(latitude - otherLatitude) < 0.005 && Math.abs(longitude - otherLongitude) < 0.005;
}
