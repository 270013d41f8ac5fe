// Which tool is in hand and how each is set. It stands alone because it is shared by all views of one widget and
// outlives them: a view that shows variants for a while finds its brush again as it was.

import { Store } from "../store";
import type { Combine, Tip } from "./mask";
import type { Ink } from "./overlay";
import type { Size } from "./viewport";

export type PaintTool = "brush" | "eraser";
export type ShapeTool = "rectangle" | "ellipse" | "lasso" | "polygon";
export type Tool = PaintTool | ShapeTool | "hand" | "extend";

interface Nib {
  /** Diameter as a share of the picture's shorter side, so that it fits any picture. */
  share: number;
  hardness: number;
  opacity: number;
}

interface ToolState {
  tool: Tool;
  brush: Nib;
  eraser: Nib;
  /** What a new shape does to what is painted. */
  combine: Combine;
  ink: Ink;
  /** By how many pixels the mask grows, shrinks or is feathered from its menu. */
  amount: number;
}

export type Tools = Store<ToolState, Partial<ToolState>>;

/** Colours to choose the mask's from; names are in the words. */
export const INKS = {
  red: [255, 76, 48],
  green: [22, 170, 80],
  blue: [40, 110, 255],
  violet: [176, 70, 240],
  black: [20, 20, 20],
} as const;

const INITIAL: ToolState = {
  tool: "brush",
  brush: { share: 0.16, hardness: 0.8, opacity: 1 },
  eraser: { share: 0.16, hardness: 0.8, opacity: 1 },
  combine: "add",
  ink: { colour: INKS.red, opacity: 0.6 },
  amount: 8,
};

/** By how much one press of a key changes the size, and the hardness. */
const SIZE_STEP = 1.2;
const HARDNESS_STEP = 0.1;

export function newTools(): Tools {
  return new Store<ToolState, Partial<ToolState>>(INITIAL, (state, change) => ({ ...state, ...change }));
}

const known = new WeakMap<object, Tools>();

/** The tools of whoever owns the mask. */
export function toolsOf(owner: object): Tools {
  const tools = known.get(owner) ?? newTools();
  known.set(owner, tools);
  return tools;
}

export function isPaint(tool: Tool): tool is PaintTool {
  return tool === "brush" || tool === "eraser";
}

export function isShape(tool: Tool): tool is ShapeTool {
  return tool === "rectangle" || tool === "ellipse" || tool === "lasso" || tool === "polygon";
}

/** The diameter in picture pixels. */
export function diameterOf({ share }: Nib, { width, height }: Size): number {
  return Math.max(1, Math.round(share * Math.min(width, height)));
}

export function tipOf(tool: PaintTool, state: ToolState, picture: Size, pen: boolean): Tip {
  const nib = state[tool];
  const { hardness, opacity } = nib;
  return { diameter: diameterOf(nib, picture), hardness, opacity, erase: tool === "eraser", pressureSize: pen };
}

export function setNib(tools: Tools, tool: PaintTool, change: Partial<Nib>): void {
  tools.dispatch({ [tool]: { ...tools.state[tool], ...change } });
}

/** Makes the tool in hand larger or smaller, by one pixel at least. */
export function resizeNib(tools: Tools, direction: 1 | -1, picture: Size): void {
  const { tool } = tools.state;
  if (!isPaint(tool)) return;
  const now = diameterOf(tools.state[tool], picture);
  const step = Math.round(direction > 0 ? now * SIZE_STEP : now / SIZE_STEP);
  const shorter = Math.min(picture.width, picture.height);
  const next = Math.min(shorter, Math.max(1, step === now ? now + direction : step));
  setNib(tools, tool, { share: next / shorter });
}

export function hardenNib(tools: Tools, direction: 1 | -1): void {
  const { tool } = tools.state;
  if (!isPaint(tool)) return;
  const next = Math.round((tools.state[tool].hardness + direction * HARDNESS_STEP) * 10) / 10;
  setNib(tools, tool, { hardness: Math.min(1, Math.max(0, next)) });
}
