// The answer, the ranked candidates, the other hypothesis and the known position: real elements,
// so that they can be reached by Tab and read aloud.

import { worldPoint } from "./world.js";
import { distance, percent } from "./text.js";

const CROWDED = 19; // pixels between numbers before the lower rank shrinks to a dot

export class Markers {
  constructor(map, report) {
    this.map = map;
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
    if (conflict) pin.append(tag(`Final answer · ${percent(conflict.fine.p)}`, "accent"));
    this.add({ kind: "answer", at, node: pin, title: text, rank: first?.rank ?? null, above: 900 });
  }

  addCandidate({ rank, at, p, cell }) {
    const node = element("div", "candidate", String(rank));
    const title = `Candidate ${rank}, ${percent(p)}, cell ${cell}`;
    this.add({ kind: "candidate", at, node, title, rank, above: 500 - rank });
  }

  addOther({ coarse, km }) {
    const node = element("div", "other");
    node.append(tag(`Other hypothesis · ${percent(coarse.p)} · ${distance(km)} away`, "other"));
    const title = `Other hypothesis of the coarse network, ${percent(coarse.p)}`;
    this.add({ kind: "other", at: coarse.at, node, title, rank: null, above: 700 });
  }

  addKnown({ at, km }) {
    const node = element("div", "known");
    const text = km === null ? "Taken here (GPS)" : `Taken here (GPS) · ${distance(km)} off`;
    node.append(tag(text, "known"));
    this.add({ kind: "known", at, node, title: text, rank: null, above: 600 });
  }

  add({ kind, at, node, title, rank, above }) {
    node.setAttribute("role", rank === null ? "img" : "button");
    node.setAttribute("aria-label", title);
    const icon = L.divIcon({ html: node, className: `mark mark-${kind}`, iconSize: [0, 0] });
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
    this.all.push({ kind, at, node, title, rank, marker });
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
      mark.node.classList.toggle("leftward", point.x > this.map.getSize().x * 0.6);
    }
  }

  /** Rectangles that labels must leave free, in the pixels of a painted window. */
  obstacles(window) {
    return this.all.flatMap(({ at, kind, node }) => {
      const [x, y] = worldPoint(...at);
      return window.copies(x, x).flatMap((k) => {
        const [px, py] = [window.x(x, k), window.y(y)];
        const boxes = kind === "answer" ? [[px - 15, py - 38, 30, 44]] : [[px - 11, py - 11, 22, 22]];
        const width = node.querySelector(".tag")?.offsetWidth ?? 0;
        if (width) {
          const left = node.classList.contains("leftward") ? px - 14 - width : px + 14;
          boxes.push([left, py - 13 - (kind === "answer" ? 22 : 0), width, 26]);
        }
        return boxes;
      });
    });
  }
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
