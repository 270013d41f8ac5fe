// Two pictures in turns at one place, where the eye sees at once what moves. By hand always; by itself at most three
// times in two seconds, and not at all for whoever wants no motion.

import { useEffect, useState } from "preact/hooks";
import type { PairView } from "./compare";
import { Sheet } from "./sheet";
import { Stage } from "./stage";

const TURN_MS = 700;
const STILL = "(prefers-reduced-motion: reduce)";

export function Flicker({ words, pair, labels, look, onLook }: PairView) {
  const [held, hold] = useState(false);
  const [playing, play] = useState(false);
  const [second, turn] = useState(false);
  const still = useStill();
  const going = playing && !still;
  useEffect(() => {
    if (!going) return turn(false);
    const timer = setInterval(() => turn((now) => !now), TURN_MS);
    return () => clearInterval(timer);
  }, [going]);
  const right = second !== held;
  const holding = (event: KeyboardEvent) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    hold(event.type === "keydown");
  };
  return (
    <>
      <Stage label={right ? labels.right : labels.left} size={pair.size} look={look} onLook={onLook}>
        <Sheet canvas={pair.left} look={look} />
        <Sheet canvas={pair.right} look={look} hidden={!right} />
      </Stage>
      <div class="pochade-compare-bar">
        <div class="pochade-gains">
          <button
            type="button"
            class="pochade-quiet"
            onPointerDown={() => hold(true)}
            onPointerUp={() => hold(false)}
            onPointerLeave={() => hold(false)}
            onPointerCancel={() => hold(false)}
            onKeyDown={holding}
            onKeyUp={holding}
            onBlur={() => hold(false)}
          >
            {words.showOther}
          </button>
          {still ? null : (
            <button type="button" class="pochade-quiet" onClick={() => play(!playing)}>
              {playing ? words.pause : words.play}
            </button>
          )}
        </div>
        <p class="pochade-compare-said" aria-live={going ? "off" : "polite"}>
          {words.nowShown(right ? labels.right : labels.left)}
        </p>
      </div>
    </>
  );
}

function useStill(): boolean {
  const [still, set] = useState(() => matchMedia(STILL).matches);
  useEffect(() => {
    const own = new AbortController();
    matchMedia(STILL).addEventListener("change", (event) => set(event.matches), { signal: own.signal });
    return () => own.abort();
  }, []);
  return still;
}
