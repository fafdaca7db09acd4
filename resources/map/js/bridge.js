// The line to the window: topics come in, reports go out.

export class Bridge {
  constructor() {
    /** @type {Record<string, (value: any, serial: number) => unknown>} */
    this.topics = {};
    /** @type {WindowChannel | null} */
    this.window = null;
  }

  /**
   * @template {keyof Message.Topics} Topic
   * @param {Topic} topic @param {(value: Message.Topics[Topic], serial: number) => unknown} handler
   */
  on(topic, handler) {
    this.topics[topic] = handler;
  }

  /** @returns {Promise<void>} */
  connect() {
    return new Promise((resolve) => {
      new QWebChannel(qt.webChannelTransport, ({ objects }) => {
        this.window = objects.window;
        this.window.pushed.connect((topic, serial, json) => this.receive(topic, serial, json));
        resolve();
      });
    });
  }

  /** @param {string} topic @param {number} serial @param {string} json */
  async receive(topic, serial, json) {
    await this.topics[topic]?.(JSON.parse(json), serial);
  }

  /**
   * @template {keyof Message.Reports} Kind
   * @param {Kind} kind @param {Message.Reports[Kind]} values
   */
  report(kind, ...values) {
    this.window?.report(kind, JSON.stringify(values));
  }
}
