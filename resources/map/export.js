// Stands in for the program in an exported page: hands out what the page would fetch, and says
// once what the window said last. Nothing is asked of anybody.
"use strict";

(() => {
  /** @type {{ files: Record<string, string>, topics: [string, string][], view: string }} */
  const { files, topics, view } = JSON.parse(
    document.getElementById("geoguess-export")?.textContent ?? "",
  );
  /** @type {((topic: string, serial: number, json: string) => void)[]} */
  const listeners = [];
  let serial = 0;

  /** @param {string} text */
  function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(plain);
  }

  // What was left out (the detailed coast of a far view) never comes, and is not missed.
  window.fetch = (path) => {
    const [name] = String(path).split("?");
    return name in files ? Promise.resolve(unpacked(files[name])) : new Promise(() => {});
  };

  /** @param {string} topic @param {string} json */
  function say(topic, json) {
    for (const listener of listeners) listener(topic, ++serial, json);
  }

  /** @param {string} kind */
  function report(kind) {
    if (kind !== "ready") return;
    for (const [topic, json] of topics) say(topic, json);
    say("view", view);
  }

  window.qt = { webChannelTransport: null };
  window.QWebChannel = class {
    /** @param {unknown} _transport @param {(channel: QWebChannelReady) => void} ready */
    constructor(_transport, ready) {
      ready({ objects: { window: { pushed: { connect: (use) => listeners.push(use) }, report } } });
    }
  };
})();
