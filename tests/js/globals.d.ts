// What the scripts find in the page beside the browser's own: Qt's web channel, short names for
// shapes that are used everywhere, and what each script leaves on `window`. Leaflet's `L` comes
// from @types/leaflet.

type Context2D = CanvasRenderingContext2D;

/** In the flat world: 0…1 both ways, y downwards; x runs on beyond that across the date line. */
type WorldPoint = [x: number, y: number];
type Degrees = [latitude: number, longitude: number];
type Rectangle = [x: number, y: number, width: number, height: number];
/** One of several strokes of the same line: width in pixels, colour, dashes in pixels. */
type Stroke = [width: number, color: string, dash: number[]];

/** geoguess_app/ui/map/channel.py */
interface WindowChannel {
  pushed: { connect(use: (topic: string, serial: number, json: string) => void): void };
  report(kind: string, json: string): void;
}

interface QWebChannelReady {
  objects: { window: WindowChannel };
}

declare const QWebChannel: new (
  transport: unknown,
  ready: (channel: QWebChannelReady) => void,
) => unknown;

declare const qt: { webChannelTransport: unknown };

interface Window {
  geoguess: import("../../resources/map/js/main.js").MapPage;
  // Only in an exported page, where export.js stands in for the program.
  qt: typeof qt;
  QWebChannel: unknown;
}
