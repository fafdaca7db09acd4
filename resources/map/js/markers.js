// The answer, the ranked candidates, the other hypothesis and the known position: real elements,
// so that they can be reached by Tab and read aloud.

import { worldPoint } from "./world.js";
import { distance, percent } from "./text.js";

const CROWDED = 19; // pixels between numbers before the lower rank shrinks to a dot

export class Markers {
  constructor(map, report, cards) {
    this.map = map;
    this.cards = cards;
    this.report = report;
    this.all = [];
    this.highlighted = null;
    map.on("moveend", () => this.arrange());
  }

  set(prediction) {
    for (const { marker } of this.all) marker.remove();
    this.all = [];
    if (prediction) this.build(prediction);
    this.arrange();
    this.highlight(this.highlighted);
  }

  build({ answer, candidates, conflict, known, cannotTell }) {
    const first = candidates.find((candidate) => candidate.rank === 1);
    if (known) this.addKnown(known);
    for (const candidate of candidates) {
      const isAnswer = answer && !cannotTell && candidate === first && isSame(candidate.at, answer);
      if (!isAnswer) this.addCandidate(candidate);
    }
    if (answer && !cannotTell) this.addAnswer(answer, first, conflict);
    if (conflict) this.addOther(conflict);
  }

  addAnswer(at, first, conflict) {
    const text = first ? `Answer, ${percent(first.p)}` : "Answer";
    const pin = element("div", "pin", PIN);
    const words = conflict ? tag(`Final answer · ${percent(conflict.fine.p)}`, "accent") : null;
    this.add({
      kind: "answer", at, node: pin, tag: words, title: text, rank: first?.rank ?? null, above: 900,
    });
  }

  addCandidate({ rank, at, p, cell }) {
    const node = element("div", "candidate", String(rank));
    const title = `Candidate ${rank}, ${percent(p)}, cell ${cell}`;
    this.add({ kind: "candidate", at, node, title, rank, above: 500 - rank });
  }

  addOther({ coarse, km }) {
    const node = element("div", "other");
    const words = tag(`Other hypothesis · ${percent(coarse.p)} · ${distance(km)} away`, "other");
    const title = `Other hypothesis (coarse cells), ${percent(coarse.p)}`;
    this.add({ kind: "other", at: coarse.at, node, tag: words, title, rank: null, above: 700 });
  }

  addKnown({ at, km }) {
    const node = element("div", "known");
    const text = km === null ? "Taken here (GPS)" : `Taken here (GPS) · ${distance(km)} off`;
    const words = tag(text, "known");
    this.add({ kind: "known", at, node, tag: words, title: text, rank: null, above: 600 });
  }

  add({ kind, at, node, tag: words = null, title, rank, above }) {
    const box = element("div", "mark-box");
    box.append(node, ...(words ? [words] : []));
    node.setAttribute("role", rank === null ? "img" : "button");
    node.setAttribute("aria-label", title);
    const icon = L.divIcon({ html: box, className: `mark mark-${kind}`, iconSize: [0, 0] });
    const marker = L.marker(at, { icon, zIndexOffset: above, keyboard: rank !== null });
    marker.addTo(this.map);
    if (rank !== null) {
      const choose = (event) => {
        L.DomEvent.stop(event);
        this.report("candidate", rank);
      };
      marker.on("click", (event) => choose(event.originalEvent));
      L.DomEvent.on(marker.getElement(), "keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") choose(event);
      });
    }
    this.all.push({ kind, at, node, tag: words, title, rank, marker });
  }

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

  reveal({ marker }) {
    if (!this.map.getBounds().contains(marker.getLatLng())) {
      this.map.panTo(marker.getLatLng(), { animate: true, duration: 0.4 });
    }
  }

  /** Bring every marker to the copy of the world that is on the screen; shrink crowded ones. */
  arrange() {
    const middle = this.map.getCenter().lng;
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
      if (mark.tag) this.placeTag(mark, this.map.latLngToContainerPoint(mark.marker.getLatLng()));
    }
  }

  /** Beside, above or below its mark: where a tag is in the view and over no other mark. */
  placeTag({ kind, node, tag }, point) {
    const size = this.map.getSize();
    const rise = kind === "answer" ? 24 : 0;
    tag.style.maxWidth = `${Math.max(90, size.x - 40)}px`;
    const [w, h] = [tag.offsetWidth, tag.offsetHeight];
    const inView = (x) => Math.max(6 - point.x, Math.min(size.x - 6 - w - point.x, x));
    const spots = [
      [16, -h / 2 - rise],
      [-16 - w, -h / 2 - rise],
      [inView(-w / 2), 12],
      [inView(-w / 2), -14 - h - 1.2 * rise],
    ];
    const cost = ([x, y]) => this.tagCost(tag, point.x + x, point.y + y, w, h, size);
    const best = spots.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    L.DomUtil.setPosition(tag, L.point(Math.round(best[0]), Math.round(best[1])));
    node.tagBox = [best[0], best[1], w, h];
  }

  tagCost(tag, x, y, w, h, size) {
    const isOver = ([left, top, width, height]) =>
      x < left + width && x + w > left && y < top + height && y + h > top;
    let cost = x < 4 || y < 4 || x + w > size.x - 4 || y + h > size.y - 4 ? 10 : 0;
    cost += 2 * this.cards().filter(isOver).length;
    for (const other of this.all) {
      if (other.tag === tag) continue;
      const point = this.map.latLngToContainerPoint(other.marker.getLatLng());
      const boxes = footprint(other).map(([l, t, ...area]) => [point.x + l, point.y + t, ...area]);
      cost += boxes.filter(isOver).length;
    }
    return cost;
  }

  /** Rectangles that labels must leave free, in the pixels of a painted window. */
  obstacles(window) {
    return this.all.flatMap((mark) => {
      const [x, y] = worldPoint(...mark.at);
      return window.copies(x, x).flatMap((k) =>
        footprint(mark).map(([l, t, w, h]) => [window.x(x, k) + l, window.y(y) + t, w, h]),
      );
    });
  }
}

/** Rectangles that a mark covers, relative to its point. */
function footprint({ kind, node }) {
  const body = kind === "answer" ? [-15, -40, 30, 44] : [-11, -11, 22, 22];
  return node.tagBox ? [body, node.tagBox] : [body];
}

const PIN =
  '<svg viewBox="0 0 30 40" width="30" height="40" aria-hidden="true">' +
  '<path class="body" d="M15 1.5C7.5 1.5 1.8 7.200 1.8 14.500 1.800 23.500 11 31 15 38.500 19 31 28.200 23.500 28.200 14.500 28.200 7.200 22.500 1.500 15 1.500Z"/>' +
  '<circle class="eye" cx="15" cy="14.500" r="5"/></svg>';

function element(name, className, html = "") {
  const node = document.createElement(name);
  node.className = className;
  node.innerHTML = html;
  return node;
}

function tag(text, kind) {
  const node = element("span", `tag tag-${kind}`);
  node.textContent = text;
  return node;
}

function weight({ kind, rank }) {
  return kind === "candidate" ? rank : 0;
}

/** Within some hundred metres: one pin is enough. */
function isSame([latitude, longitude], [otherLatitude, otherLongitude]) {
  return Math.abs(latitude - otherLatitude) < 0.005 && Math.abs(longitude - otherLongitude) < 0.005;
}
