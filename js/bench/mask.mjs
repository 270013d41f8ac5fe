// Prints what the mask costs on a 4096 × 4096 picture: script time for each pointer event, and for each whole-picture
// operation. Run with `node bench/mask.mjs`; it asserts nothing, for times are the machine's, not the code's.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const entry = fileURLToPath(new URL("../src/canvas/mask.ts", import.meta.url));
const bundle = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false });
const code = Buffer.from(bundle.outputFiles[0].contents).toString("base64");
const { Mask } = await import(`data:text/javascript;base64,${code}`);

const SIDE = 4096;
const mask = new Mask(SIDE, SIDE);

function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function report(what, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2);
  console.log(`${what.padEnd(48)} median ${at(0.5)} ms, 95 % ${at(0.95)} ms, most ${at(1)} ms`);
}

function strokes(what, tip, step) {
  const events = [];
  const ends = [];
  for (let stroke = 0; stroke < 10; stroke++) {
    let turn = stroke;
    const at = { x: SIDE / 2, y: SIDE / 2, pressure: 1 };
    events.push(timed(() => mask.begin(at, tip)));
    for (let event = 0; event < 60; event++) {
      turn += 0.2;
      at.x += step * Math.cos(turn);
      at.y += step * Math.sin(turn);
      const pressure = tip.pressureSize ? 0.5 + 0.5 * Math.sin(turn) : 1;
      events.push(timed(() => mask.extend({ ...at, pressure })));
    }
    ends.push(timed(() => mask.end()));
  }
  report(what, events);
  report("  its end", ends);
}

const soft = { diameter: 300, hardness: 0, opacity: 0.7, erase: false, pressureSize: false };
strokes("soft tip of 300 px, 40 px an event", soft, 40);
strokes("the same, with pressure", { ...soft, pressureSize: true }, 40);
strokes("hard tip of 300 px, 40 px an event", { ...soft, hardness: 1 }, 40);
strokes("soft eraser of 300 px, 40 px an event", { ...soft, erase: true }, 40);
strokes("soft tip of 30 px, 400 px an event", { ...soft, diameter: 30 }, 400);

mask.clear();
const corner = { x: SIDE * 0.1, y: SIDE * 0.1 };
report("ellipse", [timed(() => mask.shape({ kind: "ellipse", from: corner, to: { x: 3600, y: 3600 } }, "replace"))]);
for (const pixels of [1, 20, 200, -20]) report(`grow ${pixels}`, [timed(() => mask.grow(pixels))]);
report("feather 20", [timed(() => mask.feather(20))]);
report("grow 20 after that", [timed(() => mask.grow(20))]);
report("feather 200", [timed(() => mask.feather(200))]);
report("grow 20 after that", [timed(() => mask.grow(20))]);
report("invert", [timed(() => mask.invert())]);
report("undo", [timed(() => mask.undo())]);
report("bounds", [timed(() => mask.bounds())]);
report("clear", [timed(() => mask.clear())]);
report("undo", [timed(() => mask.undo())]);
