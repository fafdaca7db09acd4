// The card of Accuracy: what the colours mean, with numbers and with how many photos each has.

import { RADII } from "./error_dots.js";

export function legendCard({ bands }, counts, colors) {
  const root = make("div", "error-legend");
  const caption = make("div", "caption");
  caption.textContent = "Error and number of photos";
  const list = make("ul");
  bands.forEach(({ title, short }, band) => {
    const item = make("li");
    const dot = make("i");
    dot.style.background = colors[band];
    dot.style.width = dot.style.height = `${2 * RADII[band] + 1}px`;
    const text = make("span");
    text.textContent = short;
    const count = make("b");
    count.textContent = (counts[band] ?? 0).toLocaleString("en");
    item.title = title;
    item.append(dot, text, count);
    list.append(item);
  });
  root.append(caption, list);
  return root;
}

function make(name, className = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}
