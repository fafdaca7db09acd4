// The line to the window: topics come in, reports go out.

export class Bridge {
  constructor() {
    this.topics = {};
    this.window = null;
  }

  on(topic, handler) {
    this.topics[topic] = handler;
  }

  connect() {
    return new Promise((resolve) => {
      new QWebChannel(qt.webChannelTransport, ({ objects }) => {
        this.window = objects.window;
        this.window.pushed.connect((topic, serial, json) => this.receive(topic, serial, json));
        resolve();
      });
    });
  }

  async receive(topic, serial, json) {
    await this.topics[topic]?.(JSON.parse(json), serial);
  }

  report(kind, ...values) {
    this.window?.report(kind, JSON.stringify(values));
  }
}
