// How close both pictures are looked at, and which part of them: the same for both, so that they move together. Pure.

/** The picture as `scale` times what fits, moved by x and y in shares of the view; 1, 0, 0 shows all of it. */
export interface Look {
  scale: number;
  x: number;
  y: number;
}

export const WHOLE: Look = { scale: 1, x: 0, y: 0 };
const CLOSEST = 32;

/** Closer by a factor, with the point at (x, y), in shares of the view, staying where it is. */
export function closer(look: Look, factor: number, x = 0.5, y = 0.5): Look {
  const scale = Math.min(CLOSEST, Math.max(1, look.scale * factor));
  const by = scale / look.scale;
  return kept({ scale, x: x - (x - look.x) * by, y: y - (y - look.y) * by });
}

/** Moved by shares of the view, never past an edge. */
export function moved(look: Look, x: number, y: number): Look {
  return kept({ ...look, x: look.x + x, y: look.y + y });
}

function kept({ scale, x, y }: Look): Look {
  const least = 1 - scale;
  return { scale, x: Math.min(0, Math.max(least, x)), y: Math.min(0, Math.max(least, y)) };
}

/** What a key does to the look; undefined where it does nothing. */
export function looked(look: Look, key: string): Look | undefined {
  switch (key) {
    case "+":
    case "=":
      return closer(look, 1.25);
    case "-":
      return closer(look, 0.8);
    case "0":
      return WHOLE;
    case "ArrowLeft":
      return moved(look, 0.1, 0);
    case "ArrowRight":
      return moved(look, -0.1, 0);
    case "ArrowUp":
      return moved(look, 0, 0.1);
    case "ArrowDown":
      return moved(look, 0, -0.1);
    default:
      return undefined;
  }
}

/** Where a key takes the divider, 0 to 1; undefined where it does nothing. */
export function divided(position: number, key: string, shift: boolean): number | undefined {
  const step = shift ? 0.1 : 0.01;
  const to = {
    ArrowLeft: position - step,
    ArrowDown: position - step,
    ArrowRight: position + step,
    ArrowUp: position + step,
    PageDown: position - 0.1,
    PageUp: position + 0.1,
    Home: 0,
    End: 1,
  }[key];
  return to === undefined ? undefined : Math.min(1, Math.max(0, Math.round(to * 1000) / 1000));
}
