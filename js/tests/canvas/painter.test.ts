import { beforeEach, describe, expect, it } from "vitest";
import { Mask, type Shape } from "../../src/canvas/mask";
import { Painter, pathOf } from "../../src/canvas/painter";
import { newTools, setNib, type Tools } from "../../src/canvas/toolstate";

const NONE = { shift: false, alt: false };
const SHIFT = { shift: true, alt: false };
const ALT = { shift: false, alt: true };
const at = (x: number, y: number) => ({ x, y, pressure: 1 });

let mask: Mask;
let tools: Tools;
let painter: Painter;
let outline: Shape | null;

beforeEach(() => {
  mask = new Mask(100, 100);
  tools = newTools();
  setNib(tools, "brush", { share: 0.06, hardness: 1 });
  setNib(tools, "eraser", { share: 0.06, hardness: 1 });
  outline = null;
  painter = new Painter({
    mask,
    tools,
    scale: 1,
    outline: (shape) => {
      outline = shape;
    },
  });
});

const value = (x: number, y: number) => mask.data[y * mask.width + x];

function drag(keys = NONE, ...points: [number, number][]) {
  const [first, ...rest] = points;
  if (first) painter.down(at(...first), keys);
  for (const point of rest) painter.move([at(...point)], keys);
  painter.up(keys);
}

describe("brush and eraser", () => {
  it("paint along the way as one step, and erase it again", () => {
    drag(NONE, [10, 50], [50, 50], [90, 50]);
    expect([value(10, 50), value(50, 50), value(90, 50), value(50, 60)]).toEqual([255, 255, 255, 0]);
    tools.dispatch({ tool: "eraser" });
    drag(NONE, [50, 50]);
    expect([value(50, 50), value(90, 50)]).toEqual([0, 255]);
    mask.undo();
    mask.undo();
    expect(mask.painted).toBe(0);
    expect(mask.canUndo).toBe(false);
  });

  it("keep a size, a hardness and an opacity of their own", () => {
    setNib(tools, "brush", { opacity: 0.4 });
    setNib(tools, "eraser", { share: 0.3 });
    drag(NONE, [50, 50]);
    expect(value(50, 50)).toBe(102);
    tools.dispatch({ tool: "eraser" });
    expect(tools.state.eraser).toMatchObject({ share: 0.3, opacity: 1 });
    expect(tools.state.brush).toMatchObject({ share: 0.06, opacity: 0.4 });
  });

  it("draw a straight line from the end of the last stroke to a click with Shift", () => {
    drag(NONE, [10, 10], [20, 10]);
    drag(SHIFT, [80, 70]);
    expect([value(50, 40), value(80, 70)]).toEqual([255, 255]);
    mask.undo();
    expect([value(50, 40), value(15, 10)]).toEqual([0, 255]);
  });

  it("go straight while Shift is held during a stroke", () => {
    painter.down(at(10, 50), NONE);
    painter.move([at(30, 53), at(60, 60), at(80, 42)], SHIFT);
    painter.up(SHIFT);
    expect([value(60, 50), value(80, 50), value(60, 60)]).toEqual([255, 255, 0]);
  });

  it("follow the pressure of a pen, and of nothing else", () => {
    setNib(tools, "brush", { share: 0.4 });
    painter.down({ x: 50, y: 50, pressure: 0.25 }, NONE, { pen: true, erase: false });
    painter.up(NONE);
    const light = mask.painted;
    mask.clear();
    painter.down({ x: 50, y: 50, pressure: 0.25 }, NONE);
    painter.up(NONE);
    expect(mask.painted).toBeGreaterThan(4 * light);
  });

  it("erase with the other end of the pen, whatever tool is chosen", () => {
    mask.selectAll();
    painter.down(at(50, 50), NONE, { pen: true, erase: true });
    painter.up(NONE);
    expect(value(50, 50)).toBe(0);
    expect(tools.state.tool).toBe("brush");
  });

  it("leave no trace of a stroke that gave way to two fingers", () => {
    painter.down(at(10, 50), NONE);
    painter.move([at(90, 50)], NONE);
    painter.cancel();
    expect(mask.painted).toBe(0);
    expect(mask.canUndo).toBe(false);
  });

  it("keep a stroke as far as it got when the picture is taken away", () => {
    painter.down(at(10, 50), NONE);
    painter.move([at(50, 50)], NONE);
    painter.leave();
    painter.move([at(90, 50)], NONE);
    expect([value(50, 50), value(90, 50), mask.canUndo]).toEqual([255, 0, true]);
  });
});

describe("shapes", () => {
  it("fill the rectangle that was dragged, from any corner", () => {
    tools.dispatch({ tool: "rectangle" });
    drag(NONE, [60, 80], [20, 30]);
    expect(mask.bounds()).toEqual({ x: 20, y: 30, width: 40, height: 50 });
    expect(mask.painted).toBe(2000);
  });

  it("make squares with Shift and grow from the centre with Alt", () => {
    tools.dispatch({ tool: "rectangle" });
    drag(SHIFT, [20, 20], [50, 30]);
    expect(mask.bounds()).toEqual({ x: 20, y: 20, width: 30, height: 30 });
    mask.clear();
    drag(ALT, [50, 50], [60, 70]);
    expect(mask.bounds()).toEqual({ x: 40, y: 30, width: 20, height: 40 });
  });

  it("add, subtract, intersect or replace", () => {
    tools.dispatch({ tool: "rectangle" });
    drag(NONE, [0, 0], [50, 50]);
    drag(NONE, [25, 25], [75, 75]);
    expect(mask.painted).toBe(2500 + 2500 - 625);
    tools.dispatch({ combine: "subtract" });
    drag(NONE, [0, 0], [50, 25]);
    expect(value(10, 10)).toBe(0);
    tools.dispatch({ combine: "intersect" });
    drag(NONE, [50, 50], [100, 100]);
    expect(mask.painted).toBe(625);
    tools.dispatch({ combine: "replace" });
    drag(NONE, [0, 0], [10, 10]);
    expect(mask.painted).toBe(100);
  });

  it("do nothing on a click that never became a drag", () => {
    tools.dispatch({ tool: "ellipse", combine: "replace" });
    mask.selectAll();
    drag(NONE, [50, 50], [50, 51]);
    expect(mask.painted).toBe(10_000);
  });

  it("fill what a lasso went round, and take it away with Alt", () => {
    tools.dispatch({ tool: "lasso" });
    drag(NONE, [10, 10], [60, 10], [60, 60], [10, 60]);
    expect(mask.painted).toBe(2500);
    drag(ALT, [10, 10], [35, 10], [35, 60], [10, 60]);
    expect(mask.painted).toBe(1250);
  });
});

describe("the polygon", () => {
  beforeEach(() => tools.dispatch({ tool: "polygon" }));

  const click = (x: number, y: number) => drag(NONE, [x, y]);

  it("collects clicks until it is closed", () => {
    click(10, 10);
    click(60, 10);
    click(60, 60);
    click(10, 60);
    expect(mask.painted).toBe(0);
    painter.close();
    expect(mask.painted).toBe(2500);
    expect(painter.busy).toBe(false);
    expect(outline).toBeNull();
  });

  it("closes with a click on its first point", () => {
    click(10, 10);
    click(60, 10);
    click(60, 60);
    click(12, 11);
    expect(painter.busy).toBe(false);
    expect(mask.painted).toBeGreaterThan(1200);
  });

  it("takes back its last point, and with the first one itself", () => {
    click(10, 10);
    click(60, 10);
    click(60, 60);
    click(99, 99);
    painter.back();
    expect(outline).toMatchObject({ points: [{ x: 10 }, { x: 60 }, { x: 60 }] });
    painter.back();
    painter.back();
    painter.back();
    expect(painter.busy).toBe(false);
    expect(outline).toBeNull();
  });

  it("is given up without a trace", () => {
    click(10, 10);
    click(60, 10);
    click(60, 60);
    painter.cancel();
    painter.close();
    expect(mask.painted).toBe(0);
  });
});

describe("the outline of a shape", () => {
  it("is a path through its points", () => {
    expect(pathOf({ kind: "polygon", points: [at(1, 2), at(3.456, 4)] })).toBe("M1.00 2.00L3.46 4.00");
    expect(pathOf({ kind: "rectangle", from: at(1, 2), to: at(3, 4) })).toBe("M1 2H3V4H1Z");
    expect(pathOf({ kind: "ellipse", from: at(5, 2), to: at(1, 4) })).toBe("M1 3A2 1 0 1 1 5 3A2 1 0 1 1 1 3Z");
  });
});
