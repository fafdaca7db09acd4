// The card of Accuracy: what the colours mean, with numbers and with how many photos each has.

import { make } from "../dom.js";
import { whole } from "../text.js";
import { RADII } from "./error_dots.js";

/**
 * @param {Pick<Message.ErrorSet, "bands">} set @param {number[]} counts photos per band
 * @param {string[]} colors
 */
export function legendCard({ bands }, counts, colors) {
  const root = make("div", "error-legend");
  const caption = make("div", "caption", "Error and number of photos");
  const list = make("ul");
  bands.forEach(({ title, short }, band) => {
    const item = make("li");
    const dot = make("i");
    dot.style.background = colors[band];
    dot.style.width = dot.style.height = `${2 * RADII[band] + 1}px`;
    const count = make("b", "", whole(counts[band] ?? 0));
    item.title = title;
    item.append(dot, make("span", "", short), count);
    list.append(item);
  });
  root.append(caption, list);
  return root;
}
